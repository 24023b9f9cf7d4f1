using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Core.Tests.Vms;

/// <summary>One item at a time; a repeated order is recognised; an outcome is told until it is journalled.</summary>
public class VmItemsRulesTests
{
    private static readonly ItemId A = new("a", 0, 1), B = new("b", 3, 2);
    private VmItems _items = VmItems.None;

    [Fact]
    public void One_item_works_and_the_next_one_waits_and_says_for_whom()
    {
        Assert.Equal("Begin a", Step(Ordered(A)));
        Assert.Equal("b waits for a", Step(Ordered(B)));
        Assert.Equal("EndWork | Tell a Succeeded | Begin b", Step(Ended(A)));
    }

    [Fact]
    public void A_repeated_order_is_recognised_while_it_waits_and_works_and_when_it_has_ended()
    {
        Step(Ordered(A));
        Step(Ordered(B));
        Assert.Equal("b waits for a", Step(Ordered(B)));
        Assert.Equal("Again a", Step(Ordered(A)));
        Step(Ended(A));
        Assert.Equal("Tell a Succeeded", Step(Ordered(A)));
    }

    [Fact]
    public void The_first_order_of_an_item_decides_whether_it_resumes()
    {
        Step(Ordered(A));
        Step(Ordered(B, resume: true));
        Assert.Equal("b waits for a", Step(Ordered(B)));
        Assert.Equal("EndWork | Tell a Succeeded | Begin b resume", Step(Ended(A)));
        Step(Ordered(A with { Attempt = 2 }));
        Step(Ordered(A with { Attempt = 2 }, resume: true));
        Assert.Equal("EndWork | Tell b Succeeded | Begin a", Step(Ended(B)));
    }

    [Fact]
    public void An_outcome_is_told_until_it_is_journalled_and_only_then_its_entry_goes()
    {
        Step(Ordered(A));
        Step(Ended(A, "w"));
        Assert.Equal("Tell a Succeeded", Step(new ItemsInput.Repeat()));
        Assert.Equal("RemoveEntry w", Step(new ItemsInput.Journalled(A)));
        Assert.Equal("", Step(new ItemsInput.Repeat()));
        Assert.Equal("", Step(new ItemsInput.Journalled(A)));
        Assert.Equal("", Step(Ordered(A, resume: true)));
    }

    [Fact]
    public void What_is_journalled_and_did_not_end_here_may_have_left_something()
    {
        Step(Ordered(A));
        Assert.Equal("", Step(new ItemsInput.Journalled(B)));
        Assert.Equal("EndWork | Tell a Succeeded | Sweep", Step(Ended(A)));
        Assert.Equal("", Step(new ItemsInput.Journalled(B)));
        Assert.Equal("", Step(new ItemsInput.Swept()));
    }

    [Fact]
    public void An_abort_stops_the_working_item_and_ends_the_waiting_ones()
    {
        Step(Ordered(A));
        Step(Ordered(B));
        Assert.Equal("Abort a", Step(new ItemsInput.Aborted(A, "why")));
        Assert.Equal("Tell b Cancelled", Step(new ItemsInput.Aborted(B, "why")));
        Assert.Equal("EndWork | Tell a Succeeded", Step(Ended(A)));
        Assert.Equal("", Step(new ItemsInput.Aborted(A, "why")));
    }

    [Fact]
    public void Who_waits_only_to_look_what_an_earlier_process_left_looks_and_is_aborted_then()
    {
        Step(Ordered(A));
        Step(Ordered(B, resume: true));
        Assert.Equal("", Step(new ItemsInput.Aborted(B, "why")));
        Assert.Equal("EndWork | Tell a Succeeded | Begin b resume | Abort b", Step(Ended(A)));
    }

    [Fact]
    public void A_worker_that_failed_leaves_an_interrupted_item()
    {
        Step(Ordered(A));
        Assert.Equal("EndWork | Tell a Interrupted", Step(new ItemsInput.WorkerFailed()));
        Assert.Equal("", Step(new ItemsInput.WorkerFailed()));
    }

    [Fact]
    public void Items_wait_for_a_sweep_and_a_sweep_waits_until_none_is_at_work()
    {
        Assert.Equal("Sweep", Step(new ItemsInput.SweepWanted()));
        Assert.Equal("", Step(new ItemsInput.SweepWanted()));
        Assert.Equal("", Step(Ordered(A)));
        Assert.Equal("Begin a", Step(new ItemsInput.Swept()));
        Assert.Equal("", Step(new ItemsInput.SweepWanted()));
        Assert.Equal("EndWork | Tell a Succeeded | Sweep", Step(Ended(A)));
        Assert.Equal("", Step(new ItemsInput.Swept()));
    }

    [Fact]
    public void A_draining_host_holds_what_was_not_begun_and_hands_it_back_after_a_while()
    {
        Drain(true);
        Assert.Equal("", Step(Ordered(A)));
        Assert.True(_items.IsHolding);
        Assert.Equal("", Step(Ordered(A, resume: true)));
        Assert.Equal("Tell a Interrupted", Step(new ItemsInput.HandBack()));
        Assert.False(_items.IsHolding);
        Assert.Equal("", Step(new ItemsInput.Journalled(A)));
    }

    [Fact]
    public void What_a_draining_host_works_on_goes_on_and_what_waits_behind_it_does_not()
    {
        Step(Ordered(A));
        Step(Ordered(B));
        Drain(true);
        Assert.Equal("EndWork | Tell a Succeeded", Step(Ended(A)));
        Assert.Equal("Tell b Interrupted", Step(new ItemsInput.HandBack()));
    }

    [Fact]
    public void A_draining_host_looks_what_an_earlier_process_left_before_anything_else()
    {
        Drain(true);
        Step(Ordered(A));
        Assert.Equal("Begin b resume | a waits for b", Step(Ordered(B, resume: true)));
        Assert.Equal("EndWork | Tell b Succeeded", Step(Ended(B)));
    }

    [Fact]
    public void What_was_held_begins_when_the_host_drains_no_more()
    {
        Drain(true);
        Step(Ordered(A));
        Drain(false);
        Assert.Equal("Begin a", Step(new ItemsInput.HandBack()));
    }

    [Fact]
    public void What_is_held_can_be_aborted_and_a_sweep_does_not_wait_for_it()
    {
        Drain(true);
        Step(Ordered(A));
        Assert.Equal("Sweep", Step(new ItemsInput.SweepWanted()));
        Assert.Equal("Tell a Cancelled", Step(new ItemsInput.Aborted(A, "why")));
        Assert.False(_items.IsHolding);
    }

    private void Drain(bool on) => _items = _items with { Drains = on };

    private static ItemsInput.Ordered Ordered(ItemId id, bool resume = false) => new(id, resume);

    private static ItemsInput.Finished Ended(ItemId id, string? window = null) =>
        new(new ItemOutcome(id.Item, id.Attempt, ItemState.Succeeded), window);

    private string Step(ItemsInput input)
    {
        (_items, var effects) = VmItemsRules.Step(_items, input);
        return string.Join(" | ", effects.Select(effect => effect switch
        {
            ItemsEffect.Begin e => $"Begin {e.Id.Run}{(e.Resume ? " resume" : "")}",
            ItemsEffect.Again e => $"Again {e.Id.Run}",
            ItemsEffect.Abort e => $"Abort {e.Id.Run}",
            ItemsEffect.Tell e => $"Tell {e.Kept.Id.Run} {e.Kept.Outcome.State}",
            ItemsEffect.TellWaiting e => $"{e.Id.Run} waits for {e.For}",
            ItemsEffect.RemoveEntry e => $"RemoveEntry {e.Window}",
            _ => effect.GetType().Name,
        }));
    }
}

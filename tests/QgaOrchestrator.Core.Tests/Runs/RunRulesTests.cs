using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;
using static QgaOrchestrator.Core.Items.ItemState;

namespace QgaOrchestrator.Core.Tests.Runs;

public class RunRulesTests
{
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)] // a check makes nothing
    public void A_success_of_an_attempt_that_was_given_up_is_late(bool dryRun, bool late)
    {
        var run = new Script(1, Script.Options with { DryRun = dryRun }).Dispatch();
        var outcome = Script.Outcome(0, 1, ItemState.Succeeded);
        Assert.False(RunRules.IsLateSuccess(run.State, outcome));
        run.End(ItemState.Unreachable, 0);
        Assert.Equal(late, RunRules.IsLateSuccess(run.State, outcome));
    }

    [Fact]
    public void A_run_on_a_host_whose_clock_is_behind_shows_its_changes_in_their_order()
    {
        var run = new Script(2, Script.Options with { MaxParallel = 1 });
        run.Wait(TimeSpan.FromHours(1)).Dispatch();
        run.Wait(-TimeSpan.FromHours(1)).End(ItemState.Succeeded, 0);
        var (first, second) = (run.State.Items[0], run.State.Items[1]);
        Assert.True(first.SettledAt >= first.DispatchedAt && second.DispatchedAt >= first.SettledAt);
    }

    [Fact]
    public void Starts_as_many_as_may_run_at_once_and_one_more_for_each_that_ends()
    {
        var run = new Script(5, Script.Options with { MaxParallel = 2 }).Dispatch();
        Assert.Equal("0/1 1/1", run.UnderWay);
        Assert.Equal("1/1 2/1", run.End(Succeeded, 0).UnderWay);
        Assert.Equal("3/1 4/1", run.End(Failed, 1, 2).UnderWay);
    }

    [Fact]
    public void A_host_that_is_full_does_not_hold_up_the_others()
    {
        var run = new Script(6, Script.Options with { MaxParallelPerHost = 1 }, hosts: 2).Dispatch();
        Assert.Equal("0/1 1/1", run.UnderWay);
        Assert.Equal("0/1 3/1", run.End(Succeeded, 1).UnderWay);
        Assert.Equal("0/1 5/1", run.End(Succeeded, 3).UnderWay);
        Assert.Equal("0/1", run.End(Succeeded, 5).UnderWay);
    }

    [Fact]
    public void An_item_whose_VM_has_moved_begins_again_where_it_is_and_counts_there()
    {
        var run = new Script(4, Script.Options with { MaxParallelPerHost = 1 }, hosts: 2).Dispatch();
        Assert.Equal("0/1 1/1", run.UnderWay);
        run.Settle(new ItemOutcome(0, 1, Interrupted, "moved") { MovedTo = new VmId("hv1", "vm0") });
        Assert.Equal("1/1 2/1", run.UnderWay);
        Assert.Equal(new VmId("hv1", "vm0"), run.State.Items[0].Vm);
        Assert.Equal("0/2 2/1", run.End(Succeeded, 1).UnderWay);
        Assert.Equal("2/1 3/1", run.End(Succeeded, 0).UnderWay);
    }

    [Theory]
    [InlineData(true, Pending)]
    [InlineData(false, Unknown)]
    public void An_attempt_that_a_move_cut_off_is_repeated_where_its_kind_may(bool repeats, ItemState rests)
    {
        var run = new Script(1).Dispatch();
        var state = run.State with { RepeatsElsewhere = repeats };
        var outcome = new ItemOutcome(0, 1, Unreachable, "the VM has moved") { MovedTo = new VmId("hv1", "vm0") };
        var settled = Assert.Single(RunRules.Decide(state, new RunCommand.Settle([outcome]), run.Now));
        Assert.Equal(rests, RunRules.Evolve(state, settled).Items[0].State);
    }

    /// <summary>Of three VMs one has succeeded, one is at its second attempt, and one waits.</summary>
    [Theory]
    [InlineData(0, 1, false)]
    [InlineData(1, 1, false)]
    [InlineData(1, 2, true)]
    [InlineData(1, 3, false)]
    [InlineData(2, 0, false)]
    [InlineData(2, 1, false)]
    [InlineData(-1, 1, false)]
    [InlineData(3, 1, false)]
    public void Only_the_running_items_own_attempt_is_under_way(int item, int attempt, bool underWay)
    {
        var run = new Script(3, Script.Options with { MaxParallel = 1 }).Dispatch().End(Succeeded, 0).End(Interrupted, 1);
        Assert.Equal("1/2", run.UnderWay);
        Assert.Equal(underWay, RunRules.IsUnderWay(run.State, item, attempt));
    }

    /// <summary>Four VMs end like this, in this order, one at a time.</summary>
    [Theory]
    [InlineData("100%", "100%", "SSSS", "Succeeded")]
    [InlineData("100%", "100%", "SFUN", "Partial")]
    [InlineData("100%", "100%", "FFFF", "Failed")]
    [InlineData("100%", "100%", "UUUU", "Failed")]
    [InlineData("0", "100%", "SSSF", "Failed")]
    [InlineData("1", "100%", "SSSF", "Partial")]
    [InlineData("1", "100%", "FSSS", "Partial")]
    [InlineData("1", "100%", "FN--", "Failed")]
    [InlineData("0", "100%", "F---", "Failed")]
    [InlineData("0", "100%", "N---", "Failed")]
    [InlineData("0", "100%", "UUUS", "Partial")]
    [InlineData("100%", "0", "SU--", "Failed")]
    [InlineData("100%", "49%", "SUSU", "Failed")]
    [InlineData("100%", "50%", "SUSU", "Partial")]
    [InlineData("49%", "100%", "FSSS", "Partial")]
    [InlineData("24%", "100%", "F---", "Failed")]
    public void A_run_ends_when_a_failure_budget_is_exceeded(string failures, string unreachable, string ends, string phase)
    {
        var run = new Script(4, Script.Options with
        {
            MaxParallel = 1,
            MaxFailures = CountOrPercent.Parse(failures)!.Value,
            MaxUnreachable = CountOrPercent.Parse(unreachable)!.Value,
        }).Dispatch();
        for (var i = 0; i < 4 && ends[i] != '-'; i++)
            run.End(ends[i] switch { 'S' => Succeeded, 'F' => Failed, 'U' => Unreachable, _ => Unknown }, i);
        Assert.Equal(phase, run.State.Phase.ToString());
        Assert.Equal(ends.Count(c => c == '-'), run.State.Counts.Cancelled);
        Assert.IsType<RunEvent.RunFinished>(run.Journal[^1]);
    }

    [Fact]
    public void What_is_under_way_when_a_budget_is_exceeded_is_left_to_end()
    {
        var run = new Script(5, Script.Options with { MaxParallel = 3, MaxFailures = CountOrPercent.None }).Dispatch();
        Assert.Equal("1/1 2/1", run.End(Failed, 0).UnderWay);
        Assert.Equal(RunPhase.Running, run.State.Phase);
        run.End(Succeeded, 1, 2);
        Assert.Equal((RunPhase.Failed, 2, 2), (run.State.Phase, run.State.Counts.Cancelled, run.State.Counts.Succeeded));
        Assert.Contains("more than maxFailures 0", run.State.Reason, StringComparison.Ordinal);
    }

    /// <summary>A crash of ours is no failure of the guest: nothing of the budget is used, until it has happened too
    /// often.</summary>
    [Fact]
    public void An_interrupted_item_is_tried_again_and_fails_at_last()
    {
        var run = new Script(1, Script.Options with { MaxFailures = CountOrPercent.None }).Dispatch();
        for (var attempt = 1; attempt < RunRules.MaxAttempts; attempt++)
        {
            Assert.Equal($"0/{attempt}", run.UnderWay);
            run.End(Interrupted, 0);
            Assert.Equal(0, run.State.Counts.Failed);
        }
        run.End(Interrupted, 0);
        Assert.Equal((RunPhase.Failed, Failed), (run.State.Phase, run.State.Items[0].State));
        Assert.Contains("because", run.State.Items[0].Outcome!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_repeated_outcome_or_one_of_an_older_attempt_changes_nothing()
    {
        var run = new Script(3).Dispatch();
        Assert.Single(run.Settle((0, 1, Succeeded)));
        Assert.Empty(run.Settle((0, 1, Succeeded)));
        Assert.Empty(run.Settle((0, 1, Failed)));
        run.End(Interrupted, 1);
        Assert.Empty(run.Settle((1, 1, Succeeded)));
        Assert.Empty(run.Settle((7, 1, Succeeded)));
        var twice = Assert.IsType<RunEvent.ItemsSettled>(Assert.Single(run.Settle((2, 1, Succeeded), (2, 1, Failed))));
        Assert.Equal(Succeeded, Assert.Single(twice.Outcomes).State);
    }

    [Fact]
    public void A_run_that_is_started_or_settled_again_after_its_end_stays_as_it_is()
    {
        var run = new Script(1).Dispatch().End(Succeeded, 0);
        Assert.Empty(run.Do(new RunCommand.Start((RunEvent.RunStarted)run.Journal[0])));
        Assert.Empty(run.Settle((0, 1, Failed)));
        Assert.Empty(run.Do(new RunCommand.Dispatch(AwayHosts.None)));
    }

    [Fact]
    public void Impossible_events_are_refused_and_change_nothing()
    {
        var run = new Script(2).Dispatch();
        var at = Script.Start;
        Impossible(null, new RunEvent.RunFinished(RunPhase.Failed, null, at));
        Impossible(run.State, run.Journal[0]);
        Impossible(run.State, new RunEvent.ItemsDispatched([new(0, 1)], at));
        Impossible(run.State, new RunEvent.ItemsSettled([Script.Outcome(0, 2, Succeeded)], at));
        Impossible(run.State, new RunEvent.ItemsSettled([Script.Outcome(9, 1, Succeeded)], at));
        run.End(Interrupted, 0);
        Impossible(run.State, new RunEvent.ItemsSettled([Script.Outcome(0, 1, Succeeded)], at));
        run.End(Succeeded, 0, 1);
        Impossible(run.State, new RunEvent.ItemsDispatched([new(0, 3)], at));

        static void Impossible(RunState? state, RunEvent e) =>
            Assert.Throws<InvalidOperationException>(() => RunRules.Evolve(state, e));
    }

    /// <summary>Ten thousand items in batches as the actor makes them. Work is counted in bytes that folding allocates, which
    /// is the same on every machine: one copy of the items a batch is some 100 × 80 kB.</summary>
    [Fact]
    public void Ten_thousand_items_are_recovered_with_one_copy_a_batch()
    {
        var run = new Script(10_000, Script.Options with { MaxParallel = 200 }, hosts: 40).Dispatch();
        while (!run.State.IsEnded) run.End(Succeeded, [.. RunRules.UnderWay(run.State).Select(item => item.Index)]);
        Assert.Equal(102, run.Journal.Count);

        var before = GC.GetAllocatedBytesForCurrentThread();
        var state = run.Journal.Aggregate((RunState?)null, RunRules.Evolve);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(run.State.Counts, state!.Counts);
        Assert.InRange(allocated, 0, 30_000_000);
    }
}

using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Groups;

namespace QgaOrchestrator.Core.Tests.Runs;

/// <summary>What is written together, what is sent once it is written, and what is sent again.</summary>
public class LiveRunRulesTests
{
    private static readonly DateTimeOffset Now = Script.Start;
    private LiveRun _live = LiveRun.Empty;

    [Fact]
    public void A_start_is_one_write_with_all_that_is_due_and_nothing_is_sent_before_it()
    {
        var effects = Step(new RunInput.Ordered(new RunCommand.Start(Started(2))));
        Assert.Equal(
            ["RunStarted", "ItemsDispatched"],
            Assert.IsType<RunEffect.Store>(Assert.Single(effects)).Events.Select(e => e.GetType().Name)
        );
        Assert.Null(_live.Run);
        Assert.Equal("RemindLater | Begin 0/1 | Begin 1/1", Write(effects));
    }

    [Fact]
    public void An_outcome_is_acknowledged_once_it_is_written_and_again_at_each_repeat()
    {
        Start(1);
        var effects = Step(Ended(0, 1));
        Assert.IsType<RunEffect.Store>(Assert.Single(effects));
        Assert.Equal("Acknowledge 0/1 | End", Write(effects));
        Assert.Equal("Acknowledge 0/1", Told(Step(Ended(0, 1, ItemState.Failed))));
    }

    [Fact]
    public void Outcomes_are_written_together_once_five_are_there_or_time_has_passed()
    {
        Start(8);
        Assert.Equal("AwaitBatch", Told(Step(Ended(0, 1))));
        Assert.Equal("", Told(Step(Ended(0, 1))));
        foreach (var i in new[] { 1, 2, 3 }) Assert.Equal("", Told(Step(Ended(i, 1))));
        Assert.Equal(5, Assert.IsType<RunEffect.Store>(Assert.Single(Step(Ended(4, 1)))).Settled.Count);
        Assert.Empty(Step(new RunInput.BatchDue()));
    }

    [Fact]
    public void A_run_with_many_items_under_way_writes_a_quarter_of_them_at_once()
    {
        Start(40, Script.Options with { MaxParallel = 40 });
        for (var i = 0; i < 9; i++) Assert.Equal(i == 0 ? "AwaitBatch" : "", Told(Step(Ended(i, 1))));
        Assert.Equal(10, Assert.IsType<RunEffect.Store>(Assert.Single(Step(Ended(9, 1)))).Settled.Count);
    }

    [Fact]
    public void The_last_outcomes_of_a_run_are_written_without_waiting()
    {
        Start(2);
        Assert.Equal("AwaitBatch", Told(Step(Ended(0, 1))));
        Assert.IsType<RunEffect.Store>(Assert.Single(Step(Ended(1, 1))));
    }

    [Fact]
    public void After_a_crash_whatever_is_under_way_is_sent_again_and_what_is_due_is_written()
    {
        Start(3, Script.Options with { MaxParallel = 1 });
        Crash();
        Assert.Equal("RemindLater | Begin 0/1 resume", Told(Step(new RunInput.Recovered())));
        Write(Step(Ended(0, 1)));
        _live = new LiveRun
        {
            Run = RunRules.Evolve(_live.Run, new RunEvent.ItemsSettled([Script.Outcome(1, 1, ItemState.Failed)], Now)),
        };
        var effects = Step(new RunInput.Recovered());
        Assert.Equal("RemindLater", Told(effects.SkipLast(1)));
        Assert.Equal("Begin 2/1", Write(effects));
    }

    [Fact]
    public void A_group_has_one_coordinator_that_hears_of_its_members_until_the_group_is_written()
    {
        var effects = Step(new RunInput.Ordered(new RunCommand.Start(Started(3, i => new TargetNote(i < 2 ? "g" : null)))));
        Assert.Equal("RemindLater | Begin 2/1 | Coordinate g 0/1 1/1", Write(effects));
        Assert.Equal("g", LiveRunRules.CoordinatorOf(_live, 1, 1));
        Assert.Null(LiveRunRules.CoordinatorOf(_live, 1, 2));
        Assert.Equal("TellGroup g", Told(Step(Ended(0, 1))));
        Assert.Equal("RemindLater | Begin 2/1 resume | RemindGroup g", Told(Step(new RunInput.Remind())));
        Assert.Equal(
            "AwaitBatch",
            Told(
                Step(
                    new RunInput.GroupEnded([
                        Script.Outcome(0, 1, ItemState.Succeeded),
                        Script.Outcome(1, 1, ItemState.Succeeded),
                    ])
                )
            )
        );
        Assert.Equal("DismissGroup g | Acknowledge 0/1 | Acknowledge 1/1", Write(Step(new RunInput.BatchDue())));
        Assert.Null(LiveRunRules.CoordinatorOf(_live, 1, 1));
    }

    [Fact]
    public void A_group_without_a_coordinator_gets_one_and_hears_nothing_before()
    {
        Write(Step(new RunInput.Ordered(new RunCommand.Start(Started(2, _ => new TargetNote("g"))))));
        Crash();
        Assert.Empty(Step(Ended(0, 1)));
        Assert.Equal("RemindLater | Coordinate g 0/1 1/1 resume | RemindGroup g", Told(Step(new RunInput.Recovered())));
    }

    [Fact]
    public void A_new_attempt_of_a_group_replaces_its_coordinator()
    {
        Write(Step(new RunInput.Ordered(new RunCommand.Start(Started(2, _ => new TargetNote("g"))))));
        var again = Step(
            new RunInput.GroupEnded([Script.Outcome(0, 1, ItemState.Interrupted), Script.Outcome(1, 1, ItemState.Interrupted)]));
        Assert.Equal("Acknowledge 0/1 | Acknowledge 1/1 | Coordinate g 0/2 1/2", Write(again));
    }

    [Fact]
    public void An_abort_is_written_then_told_and_told_again_at_each_reminder()
    {
        Write(Step(new RunInput.Ordered(new RunCommand.Start(Started(3, i => new TargetNote(i < 2 ? "g" : null))))));
        Assert.Equal(
            "AbortItem 2 | StopGroup g", Write(Step(new RunInput.Ordered(new RunCommand.Abort("because", Wait: false)))));
        Assert.Equal(
            "RemindLater | Begin 2/1 resume | RemindGroup g | AbortItem 2 | StopGroup g", Told(Step(new RunInput.Remind())));
    }

    [Fact]
    public void An_abort_that_lets_copies_finish_undoes_nothing()
    {
        Start(2, Script.Options with { MaxParallel = 1 });
        Assert.Equal("", Write(Step(new RunInput.Ordered(new RunCommand.Abort("because", Wait: true)))));
        Assert.Equal("Acknowledge 0/1 | End", Write(Step(Ended(0, 1))));
    }

    [Fact]
    public void A_member_that_waits_after_its_attempt_was_settled_is_told_the_outcome()
    {
        Write(Step(new RunInput.Ordered(new RunCommand.Start(Started(2, _ => new TargetNote("g"))))));
        Assert.Null(LiveRunRules.AnswerTo(_live, 0, 1));
        Write(
            Step(new RunInput.GroupEnded([Script.Outcome(0, 1, ItemState.Succeeded), Script.Outcome(1, 1, ItemState.Succeeded)]))
        );
        Assert.Equal(GroupStep.End, LiveRunRules.AnswerTo(_live, 0, 1)!.Step);
        Assert.Equal(ItemState.Interrupted, LiveRunRules.AnswerTo(_live, 0, 2)!.Voided!.State);
        Assert.Null(LiveRunRules.AnswerTo(_live, 7, 1));
    }

    [Fact]
    public void Work_that_becomes_due_by_time_is_found_again()
    {
        var effects = Step(
            new RunInput.Ordered(
                new RunCommand.Start(Started(1, options: Script.Options with { Deadline = TimeSpan.FromHours(1) }))
            )
        );
        Assert.EndsWith("| LookAt", Write(effects), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_was_not_started_is_unknown()
    {
        foreach (
            var input in new RunInput[]
            {
                new RunInput.Recovered(),
                new RunInput.Remind(),
                Ended(0, 1),
                new RunInput.BatchDue(),
            }
        )
            Assert.Empty(Step(input));
    }

    private void Start(int vms, RunOptions? options = null) =>
        Write(Step(new RunInput.Ordered(new RunCommand.Start(Started(vms, options: options)))));

    private void Crash() => _live = new LiveRun { Run = _live.Run };

    private IReadOnlyList<RunEffect> Step(RunInput input)
    {
        (_live, var effects) = LiveRunRules.Step(_live, input, Now);
        return effects;
    }

    /// <summary>The write that these effects end with succeeds.</summary>
    private string Write(IReadOnlyList<RunEffect> effects)
    {
        var store = (RunEffect.Store)effects[^1];
        _live = store.Events.Aggregate(_live, LiveRunRules.Apply);
        return Told(Step(new RunInput.Stored(store)));
    }

    private static string Told(IEnumerable<RunEffect> effects) => string.Join(" | ", effects.Select(effect => effect switch
    {
        RunEffect.Acknowledge e => $"Acknowledge {e.Outcome.Item}/{e.Outcome.Attempt}",
        RunEffect.Begin e => $"Begin {e.Item.Index}/{e.Item.Attempt}{Resume(e.Resume)}",
        RunEffect.Coordinate e =>
            $"Coordinate {e.Group} {string.Join(' ', e.Members.Select(m => $"{m.Index}/{m.Attempt}"))}{Resume(e.Resume)}",
        RunEffect.RemindGroup e => $"RemindGroup {e.Group}",
        RunEffect.TellGroup e => $"TellGroup {e.Group}",
        RunEffect.StopGroup e => $"StopGroup {e.Group}",
        RunEffect.DismissGroup e => $"DismissGroup {e.Group}",
        RunEffect.AbortItem e => $"AbortItem {e.Item.Index}",
        var other => other.GetType().Name,
    }));

    private static string Resume(bool resume) => resume ? " resume" : "";

    private static RunInput.ItemEnded Ended(int item, int attempt, ItemState state = ItemState.Succeeded) =>
        new(Script.Outcome(item, attempt, state));

    private static RunEvent.RunStarted Started(int vms, Func<int, TargetNote>? note = null, RunOptions? options = null) =>
        new Script(vms, options, note: note).Journal.OfType<RunEvent.RunStarted>().Single();
}

using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Tests.Runs;

public class RolloutTests
{
    private static readonly RunOptions Waved = Script.Options with
    {
        Canary = new CountOrPercent(1, false),
        Waves = [new(3, false), new(50, true)],
        Soak = TimeSpan.FromMinutes(5),
    };

    [Fact]
    public void A_wave_begins_when_the_one_before_has_ended_and_soaked()
    {
        var run = new Script(10, Waved).Dispatch();
        Assert.Equal([1, 3, 5, 10], run.State.Waves.Select(wave => wave.End));
        Assert.Equal("0/1", run.UnderWay);

        run.End(ItemState.Succeeded, 0);
        Assert.Equal("", run.UnderWay);
        Assert.Equal(
            run.State.Items[0].SettledAt + TimeSpan.FromMinutes(5),
            RunRules.Due(run.State, run.Now, AwayHosts.None).Again);
        Assert.Equal(RunRules.Due(run.State, run.Now, AwayHosts.None).Again, RunSummary.Of(run.State).SoaksUntil);

        Assert.Equal("1/1 2/1", run.Wait(TimeSpan.FromMinutes(5)).Dispatch().UnderWay);
        Assert.Null(RunSummary.Of(run.State).SoaksUntil);
        run.End(ItemState.Succeeded, 1);
        Assert.Equal("2/1", run.Wait(TimeSpan.FromMinutes(5)).Dispatch().UnderWay);
    }

    [Fact]
    public void A_dry_run_has_its_waves_and_waits_for_none()
    {
        var run = new Script(10, Waved with { DryRun = true }).Dispatch().End(ItemState.Succeeded, 0);
        Assert.Equal("1/1 2/1", run.Dispatch().UnderWay);
    }

    [Fact]
    public void A_canary_without_a_success_stops_the_run()
    {
        var run = new Script(10, Waved with { MaxFailures = CountOrPercent.All }).Dispatch().End(ItemState.Failed, 0);
        Assert.Equal((RunPhase.Failed, "no VM of the canary succeeded"), (run.State.Phase, run.State.Reason));
        Assert.Equal(9, run.State.Counts.Cancelled);
    }

    [Fact]
    public void The_budget_is_looked_at_before_every_dispatch()
    {
        var run = new Script(100, Script.Options with { MaxParallel = 1, MaxFailures = new(2, true) }).Dispatch();
        run.End(ItemState.Failed, 0).End(ItemState.Unknown, 1);
        Assert.Equal("2/1", run.UnderWay);
        run.End(ItemState.Failed, 2);
        Assert.Equal((RunPhase.Failed, 97), (run.State.Phase, run.State.Counts.Cancelled));
    }

    [Fact]
    public void A_paused_run_begins_nothing_and_goes_on_when_resumed()
    {
        var run = new Script(3, Script.Options with { MaxParallel = 1 }).Dispatch();
        run.Do(new RunCommand.Pause());
        Assert.Equal(RunPhase.Pausing, run.State.Phase);
        run.End(ItemState.Succeeded, 0);
        Assert.Equal((RunPhase.Paused, ""), (run.State.Phase, run.UnderWay));
        Assert.Empty(run.Do(new RunCommand.Pause()));
        run.Do(new RunCommand.Resume());
        Assert.Equal((RunPhase.Running, "1/1"), (run.State.Phase, run.Dispatch().UnderWay));
    }

    [Fact]
    public void An_aborted_run_ends_when_nothing_is_under_way()
    {
        var run = new Script(3, Script.Options with { MaxParallel = 1 }).Dispatch();
        run.Do(new RunCommand.Abort("asked for", Wait: false));
        Assert.Equal(RunPhase.Aborting, run.State.Phase);
        Assert.Empty(run.Do(new RunCommand.Abort("again", Wait: true)));
        run.End(ItemState.Interrupted, 0);
        Assert.Equal((RunPhase.Aborted, "asked for", 3), (run.State.Phase, run.State.Reason, run.State.Counts.Cancelled));
    }

    [Fact]
    public void Past_its_deadline_a_run_is_aborted()
    {
        var run = new Script(2, Script.Options with { MaxParallel = 1, Deadline = TimeSpan.FromMinutes(1) }).Dispatch();
        Assert.Equal(Script.Start + TimeSpan.FromMinutes(1), RunRules.Due(run.State, run.Now, AwayHosts.None).Again);
        run.Wait(TimeSpan.FromMinutes(1)).Dispatch();
        Assert.Equal(RunPhase.Aborting, run.State.Phase);
        run.End(ItemState.Succeeded, 0);
        Assert.Equal((RunPhase.Aborted, "its deadline of 00:01:00 has passed"), (run.State.Phase, run.State.Reason));
    }

    [Fact]
    public void A_label_value_has_its_own_limit()
    {
        var options = Script.Options with { MaxParallelPerLabel = new Dictionary<string, int> { ["app"] = 2 } };
        var run = new Script(6, options, note: i => new TargetNote(
            Labels: new Dictionary<string, string> { ["app"] = i < 4 ? "db" : "web" }
        )).Dispatch();
        Assert.Equal("0/1 1/1 4/1 5/1", run.UnderWay);
        Assert.Equal("1/1 2/1 4/1 5/1", run.End(ItemState.Succeeded, 0).UnderWay);
    }

    [Fact]
    public void A_limit_per_target_holds_across_hosts()
    {
        var options = Script.Options with { MaxParallelPerTarget = 1 };
        Assert.Equal("0/1 1/1", new Script(4, options, hosts: 2).Dispatch().UnderWay);
        Assert.Equal(
            "0/1",
            new Script(4, options, hosts: 2, target: "/shared").Dispatch().UnderWay
        );
    }

    [Fact]
    public void A_VM_that_freezes_alone_waits_for_the_others_and_none_starts_beside_it()
    {
        var run = new Script(4, note: i => new TargetNote(Freeze: i is 1 ? FreezeMode.Alone : FreezeMode.Together)).Dispatch();
        Assert.Equal("0/1 2/1 3/1", run.UnderWay);
        Assert.Equal("3/1", run.End(ItemState.Succeeded, 0, 2).UnderWay);
        Assert.Equal("1/1", run.End(ItemState.Interrupted, 3).UnderWay);
        Assert.Equal("3/2", run.End(ItemState.Succeeded, 1).UnderWay);
    }

    [Fact]
    public void A_group_begins_whole_even_where_it_is_larger_than_a_limit()
    {
        var run = new Script(5, Script.Options with { MaxParallel = 2, MaxParallelPerHost = 2 }, note: i => new TargetNote(
            i is > 0 and < 4 ? "shop" : null
        )).Dispatch();
        Assert.Equal("0/1", run.UnderWay);
        Assert.Equal("1/1 2/1 3/1", run.End(ItemState.Succeeded, 0).UnderWay);
    }

    [Fact]
    public void A_group_settles_whole_and_begins_again_whole()
    {
        var run = new Script(2, note: _ => new TargetNote("shop")).Dispatch();
        Assert.Empty(run.Settle((0, 1, ItemState.Succeeded)));
        run.Settle((0, 1, ItemState.Interrupted), (1, 1, ItemState.Interrupted));
        Assert.Equal("0/2 1/2", run.Dispatch().UnderWay);
    }

    [Fact]
    public void No_wave_splits_a_group() =>
        Assert.Equal(
            [4, 10],
            new Script(10, Script.Options with { Canary = new(2, false) }, note: i => new TargetNote(
                i is > 0 and < 4 ? "shop" : null
            ))
                .State.Waves.Select(wave => wave.End));

    [Fact]
    public void A_selection_that_splits_a_group_is_told_who_is_missing()
    {
        VmIdentity[] fleet = [Vm("db2", "shop"), Vm("web"), Vm("db1", "shop"), Vm("api", "shop")];
        var (plan, errors) = RunPlan.Of(fleet, fleet[..2], Script.Options);
        Assert.Null(plan);
        Assert.Equal(["select: the group shop would be split; not selected: api, db1"], errors);
        Assert.Equal(["api", "db1", "db2", "web"], RunPlan.Of(fleet, fleet, Script.Options).Plan!.Targets.Select(vm => vm.Name));
    }

    private static VmIdentity Vm(string name, string? group = null) =>
        new(new VmId("hv1", name), null, VmIdentity.NoLabels, group);

    /// <summary>The members' outcomes, and what state both rest in: one attempt for all of a group, whatever they tell.</summary>
    [Theory]
    [InlineData(ItemState.Interrupted, ItemState.Succeeded, ItemState.Pending, ItemState.Pending)]
    [InlineData(ItemState.Interrupted, ItemState.Unreachable, ItemState.Failed, ItemState.Unreachable)]
    [InlineData(ItemState.Failed, ItemState.Interrupted, ItemState.Failed, ItemState.Failed)]
    [InlineData(ItemState.Interrupted, ItemState.Interrupted, ItemState.Pending, ItemState.Pending)]
    public void A_group_is_tried_again_whole_or_not_at_all(
        ItemState first, ItemState second, ItemState firstRests, ItemState secondRests)
    {
        var run = new Script(2, note: _ => new TargetNote("shop")).Dispatch();
        run.Settle((0, 1, first), (1, 1, second));
        Assert.Equal((firstRests, secondRests), (run.State.Items[0].State, run.State.Items[1].State));
        Assert.Equal(firstRests == ItemState.Pending ? "0/2 1/2" : "", run.Dispatch().UnderWay);
    }

    /// <summary>An earlier version took any soak and deadline, and they stand in its journals.</summary>
    [Fact]
    public void Times_of_an_old_journal_that_reach_beyond_all_dates_are_the_end_of_time()
    {
        var options = Script.Options with
        {
            Canary = new CountOrPercent(1, false),
            Soak = TimeSpan.FromDays(9_999_999),
            Deadline = TimeSpan.MaxValue,
        };
        var now = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
        RunEvent[] journal =
        [
            new RunEvent.RunStarted("r", "backup", "*", options, [new VmId("h", "a"), new VmId("h", "b")], now, null),
            new RunEvent.ItemsDispatched([new ItemAttempt(0, 1)], now),
            new RunEvent.ItemsSettled([new ItemOutcome(0, 1, ItemState.Succeeded)], now),
        ];
        var run = journal.Aggregate((RunState?)null, RunRules.Evolve)!;

        Assert.Equal(DateTimeOffset.MaxValue, RunSummary.Of(run).SoaksUntil);
        var due = RunRules.Due(run, now, AwayHosts.None);
        Assert.Equal((0, null, DateTimeOffset.MaxValue), (due.Dispatch.Count, due.Finish, due.Again));
    }
}

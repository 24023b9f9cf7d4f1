using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Core.Tests.Vms;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Hosts;

public class GuardRulesTests
{
    private static readonly WindowOrder Order = new("w1", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10), WindowMode.Raw);

    /// <summary>What a guard is told, and what it asks for.</summary>
    private sealed class Told
    {
        public GuardState State { get; private set; } = GuardState.Start;

        public IReadOnlyList<GuardEffect> Last { get; private set; } = [];

        public Told Step(GuardInput input, double ms = 0)
        {
            (State, Last) = GuardRules.Step(State, input, Clock.At(ms));
            return this;
        }

        public string? Silence(double ms) => GuardRules.Silence(State, Clock.At(ms));

        public OpenAnswer Asked(EntryOnDisk? found = null) => GuardRules.MayOpen(State, "w2", found);
    }

    private static Told Guarded() => new Told().Step(new GuardInput.Watchdog(WatchdogSight.Guarding));

    private static Told Open() => Guarded().Step(new GuardInput.Opened("w1", "vm1"));

    /// <summary>Its freeze was sent at 5 s, long after its entry was opened.</summary>
    private static Told Freezing() => Open().Step(new GuardInput.FreezeSent("w1", Clock.At(5_000) + Order.ThawDue), 5_000);

    [Theory]
    [InlineData(WatchdogSight.Reaching, null, OpenAnswer.Wait)]
    [InlineData(WatchdogSight.Guarding, null, OpenAnswer.Yes)]
    [InlineData(WatchdogSight.Missing, null, OpenAnswer.Unguarded)]
    [InlineData(WatchdogSight.Guarding, "stops", OpenAnswer.Stopping)]
    [InlineData(WatchdogSight.Reaching, "stops", OpenAnswer.Stopping)]
    public void A_window_opens_only_under_a_watchdog_and_not_while_the_node_stops(
        WatchdogSight sight, string? stop, OpenAnswer answer)
    {
        var guard = new Told().Step(new GuardInput.Watchdog(sight));
        if (stop is not null) guard.Step(new GuardInput.Stop(stop));
        Assert.Equal(answer, guard.Asked());
    }

    [Fact]
    public void The_entry_of_another_window_is_overwritten_only_when_that_is_thawed()
    {
        var guard = Open();
        Assert.Equal(OpenAnswer.LeftOpen, guard.Asked(new EntryOnDisk("w1", Thawed: false)));
        Assert.Equal(OpenAnswer.LeftOpen, guard.Asked(new EntryOnDisk("w0", Thawed: false)));
        Assert.Equal(OpenAnswer.Yes, guard.Asked(new EntryOnDisk("w0", Thawed: true)));
        Assert.Equal(OpenAnswer.Yes, guard.Asked(new EntryOnDisk("w2", Thawed: false)));
        // It is thawed, and the full ledger could not take it.
        Assert.Equal(OpenAnswer.Yes, guard.Step(new GuardInput.Settled("w1")).Asked(new EntryOnDisk("w1", Thawed: false)));
    }

    [Fact]
    public void A_raw_freezes_deadline_is_its_sending_its_time_out_its_lease_and_two_seconds()
    {
        Assert.Equal(TimeSpan.FromSeconds(42), Order.ThawDue);
        var guard = Freezing();
        Assert.Null(guard.Silence(47_000));
        Assert.Contains("w1 has not begun to thaw", guard.Silence(47_001));
    }

    [Fact]
    public void The_deadline_goes_by_monotonic_time_alone()
    {
        var guard = Freezing();
        var stepped = new Moment(TimeSpan.FromMilliseconds(47_000), Clock.At(0).Utc + TimeSpan.FromHours(5));
        Assert.Null(GuardRules.Silence(guard.State, stepped));
        Assert.NotNull(
            GuardRules.Silence(guard.State, stepped with { Monotonic = TimeSpan.FromMilliseconds(47_001), Utc = Clock.At(0).Utc })
        );
    }

    [Theory]
    [InlineData("thaw begun", true)]
    [InlineData("settled", true)]
    [InlineData("limit heard", false)]
    public void Only_a_thaw_that_has_begun_keeps_the_heart_beating_beyond_the_deadline(string what, bool beats)
    {
        var guard = Freezing().Step(what switch
        {
            "thaw begun" => new GuardInput.ThawBegun("w1"),
            "settled" => new GuardInput.Settled("w1"),
            _ => new GuardInput.Heard("w1"),
        }, 20_000);
        Assert.Equal(beats, guard.Silence(1_000_000) is null);
    }

    [Fact]
    public void A_heart_that_stopped_beats_again_when_the_thaw_has_begun()
    {
        var guard = Freezing();
        Assert.NotNull(guard.Silence(50_000));
        Assert.Null(guard.Step(new GuardInput.ThawBegun("w1"), 50_000).Silence(50_001));
    }

    [Fact]
    public void A_window_that_never_sent_its_freeze_has_no_deadline() => Assert.Null(Open().Silence(10_000_000));

    [Fact]
    public void A_limit_goes_to_its_windows_actor_which_must_confirm_within_a_second()
    {
        var guard = Open().Step(new GuardInput.LimitPassed("w1", WindowLimit.Lease), 10);
        Assert.Equal([new GuardEffect.TellLimit("w1", WindowLimit.Lease)], guard.Last);
        Assert.Null(guard.Silence(1_010));
        Assert.Contains("w1 has not heard", guard.Silence(1_011));
        Assert.Null(guard.Step(new GuardInput.Heard("w1"), 1_012).Silence(5_000));
    }

    [Fact]
    public void A_limit_of_a_window_without_an_actor_is_reported_to_no_one() =>
        Assert.Empty(
            new Told()
                .Step(new GuardInput.Found("w0", "vm1", Thawed: false))
                .Step(new GuardInput.LimitPassed("w0", WindowLimit.Lease))
                .Last
        );

    [Fact]
    public void A_window_whose_actor_ended_is_given_to_its_vm_and_must_be_thawed_by_its_deadline()
    {
        var guard = Freezing().Step(new GuardInput.ThawBegun("w1"), 6_000).Step(
            new GuardInput.LimitPassed("w1", WindowLimit.Lease), 7_000)
            .Step(new GuardInput.Ended("w1", VmIsHere: true), 7_100);
        Assert.Equal([new GuardEffect.GiveToVm("vm1")], guard.Last);
        Assert.Null(guard.Silence(47_000));
        Assert.NotNull(guard.Silence(47_001));
        Assert.Null(guard.Step(new GuardInput.ThawBegun("w1"), 8_000).Silence(47_001));
    }

    [Fact]
    public void A_window_whose_vm_has_gone_calls_no_watchdog_that_could_not_thaw_it_either()
    {
        var guard = Freezing().Step(new GuardInput.Ended("w1", VmIsHere: false), 7_000);
        Assert.Empty(guard.Last);
        Assert.Null(guard.Silence(1_000_000));
    }

    [Theory]
    [InlineData("settled,journalled")]
    [InlineData("journalled,settled")]
    [InlineData("auditing,settled,journalled,audited")]
    [InlineData("auditing,journalled,audited,settled")]
    public void An_entry_goes_when_its_window_is_settled_journalled_and_audited_in_any_order(string order)
    {
        var guard = Open();
        var steps = order.Split(',');
        for (var i = 0; i < steps.Length; i++)
        {
            guard.Step(steps[i] switch
            {
                "settled" => new GuardInput.Settled("w1"),
                "journalled" => new GuardInput.Journalled("w1"),
                "auditing" => new GuardInput.Auditing("w1"),
                _ => new GuardInput.Audited("w1"),
            });
            Assert.Equal(i == steps.Length - 1, guard.Last.Contains(new GuardEffect.RemoveEntry("w1", "vm1")));
        }
        Assert.Empty(guard.State.Windows);
        Assert.Empty(guard.Step(new GuardInput.Journalled("w1")).Last); // a repeat
    }

    [Theory]
    [InlineData(WatchdogSight.Missing)]
    [InlineData(WatchdogSight.Reaching)]
    public void When_the_watchdog_is_gone_open_windows_are_told_once(WatchdogSight sight)
    {
        var guard = Open().Step(new GuardInput.Watchdog(sight));
        Assert.Equal([new GuardEffect.TellUnguarded("w1")], guard.Last);
        Assert.DoesNotContain(guard.Step(new GuardInput.Watchdog(sight)).Last, effect => effect is GuardEffect.TellUnguarded);
    }

    [Fact]
    public void A_wait_for_the_watchdog_is_answered_when_it_is_up_or_missing()
    {
        foreach (var sight in (WatchdogSight[])[WatchdogSight.Guarding, WatchdogSight.Missing])
            Assert.Equal([new GuardEffect.AnswerWaiting()], new Told().Step(new GuardInput.Watchdog(sight)).Last);
    }

    [Fact]
    public void A_stop_thaws_the_open_windows_and_ends_when_they_are_settled()
    {
        var guard = Freezing().Step(new GuardInput.Found("w0", "vm0", Thawed: false)).Step(
            new GuardInput.Stop("this node is stopping"));
        Assert.Equal([new GuardEffect.AnswerWaiting(), new GuardEffect.ThawNow("w1")], guard.Last);
        Assert.Contains(new GuardEffect.AllClosed(), guard.Step(new GuardInput.Settled("w1")).Last);
    }
}

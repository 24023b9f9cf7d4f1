using QgaOrchestrator.Core.Vms;
using static QgaOrchestrator.Core.Tests.Vms.WindowRun;

namespace QgaOrchestrator.Core.Tests.Vms;

public class WindowRulesTests
{
    [Fact]
    public void A_healthy_window_goes_ledger_freeze_cut_thaw_and_holds()
    {
        var window = Thawing().Step(30, Settled(29));

        Assert.IsType<WindowState.Closed>(window.State);
        Assert.Null(window.Record.Broken);
        Assert.Equal((2, 2), (window.Record.Frozen, window.Record.Thawed));
        Assert.Equal(
            (Clock.At(1), Clock.At(10), Clock.At(20), Clock.At(20), Clock.At(29)),
            (
                window.Record.FreezeSent,
                window.Record.FrozenAt,
                window.Record.CutAt,
                window.Record.ThawSent,
                window.Record.ThawedAt
            )
        );
        Assert.Equal(
            [
                "OpenLedger",
                "Look",
                "Freeze",
                "Report",
                "Arm",
                "Cut",
                "Report",
                "Arm",
                "MoveLedger",
                "Thaw",
                "MoveLedger",
                "Arm",
                "MoveLedger",
                "Close",
            ],
            window.All.Select(effect => effect.GetType().Name)
        );
    }

    [Fact]
    public void Nothing_is_sent_before_the_ledger_is_written()
    {
        Assert.Equal([new WindowEffect.OpenLedger()], Open().Last);
        var refused = Open().Step(1, new WindowInput.LedgerRefused("no watchdog", "start it"));
        Assert.False(refused.FreezeSent);
        Assert.Equal("no watchdog", Assert.IsType<WindowState.Closed>(refused.State).Record.Broken);
    }

    [Fact]
    public void A_reserved_member_whose_watchdog_is_gone_does_not_freeze()
    {
        var reserved = Open(Order with { Mode = WindowMode.Group }).Step(1, new WindowInput.LedgerWritten());
        var closed = reserved.Step(2, new WindowInput.Unguarded("no watchdog", "start it")).Step(3, new WindowInput.FreezeNow());
        Assert.False(closed.FreezeSent);
        Assert.Equal(("no watchdog", "start it"), (closed.Record.Broken, closed.Record.Remedy));
    }

    public static TheoryData<string> EndsOfALook => ["refused", "lost", "unguarded", "thaw", "left"];

    [Theory]
    [MemberData(nameof(EndsOfALook))]
    public void What_comes_before_the_last_look_is_answered_sends_no_freeze(string end)
    {
        WindowInput input = end switch
        {
            "refused" => new WindowInput.FreezeRefused("frozen by somebody else", NotExecuted: true),
            "lost" => new WindowInput.FreezeLost("closed"),
            "unguarded" => new WindowInput.Unguarded("no watchdog", "start it"),
            "thaw" => new WindowInput.ThawNow("the node stops"),
            _ => new WindowInput.CallerLeft(),
        };
        var window = Looking().Step(2, input);
        Assert.Equal(["Arm", "MoveLedger", "Close"], window.Last.Select(effect => effect.GetType().Name));
        Assert.False(window.Step(3, new WindowInput.LooksThawed()).FreezeSent);
    }

    [Theory]
    [InlineData("Opening", true)]
    [InlineData("Looking", true)]
    [InlineData("Freezing", false)]
    [InlineData("Overdue", false)]
    [InlineData("Frozen", false)]
    [InlineData("Thawing", false)]
    public void A_caller_who_leaves_takes_back_a_freeze_only_before_it_is_sent(string state, bool closes)
    {
        var window = Standing(state);
        var before = window.State;
        window.Step(250, new WindowInput.CallerLeft());
        if (closes) Assert.IsType<WindowState.Closed>(window.State);
        else Assert.Equal(before, window.State);
    }

    [Fact]
    public void An_order_to_cut_after_the_end_of_the_lease_thaws()
    {
        var window = Open(Order with { Mode = WindowMode.Group }).Step(1, new WindowInput.LedgerWritten()).Step(
            1, new WindowInput.FreezeNow())
            .Step(1, new WindowInput.LooksThawed()).Step(10, new WindowInput.FreezeReturned(2)).Step(
                310, new WindowInput.CutNow(Hold: false));
        Assert.Equal([new WindowEffect.Thaw(0)], window.Last);
        Assert.Contains("lease", window.Record.Broken);
    }

    [Fact]
    public void The_cut_is_the_first_thing_that_a_frozen_guest_waits_for() =>
        Assert.IsType<WindowEffect.Cut>(Frozen().Last[0]);

    [Fact]
    public void The_thaw_is_the_first_thing_after_the_cut() =>
        Assert.Equal([new WindowEffect.Thaw(0), new WindowEffect.MoveLedger()], Thawing().Last);

    [Fact]
    public void A_raw_freeze_is_held_until_it_is_told_to_thaw()
    {
        var window = Frozen(order: Order with { Mode = WindowMode.Raw });
        Assert.Equal(new WindowEffect.Report(WindowProgress.Frozen), window.Last[0]);
        Assert.Equal(WindowLimit.Lease, window.Armed);
        Assert.Equal([new WindowEffect.Thaw(0)], window.Step(50, new WindowInput.ThawNow("a caller thawed")).Last);
    }

    [Fact]
    public void A_freeze_that_returned_0_has_run_the_hooks_and_is_thawed_without_a_cut()
    {
        var window = Freezing().Step(10, new WindowInput.FreezeReturned(0));
        Assert.Equal([new WindowEffect.Thaw(0)], window.Last);
        Assert.DoesNotContain(window.All, effect => effect is WindowEffect.Cut);
        Assert.Contains("returned 0", window.Record.Broken);
    }

    [Fact]
    public void A_freeze_that_was_not_executed_ends_the_window_without_a_thaw()
    {
        var window = Freezing().Step(5, new WindowInput.FreezeRefused("CommandNotFound", NotExecuted: true));
        Assert.IsType<WindowState.Closed>(window.State);
        Assert.Equal(0, window.Thaws);
    }

    [Fact]
    public void A_freeze_that_failed_may_have_frozen_some_and_is_thawed()
    {
        var window = Freezing().Step(5, new WindowInput.FreezeRefused("hook failed", NotExecuted: false));
        Assert.Equal([new WindowEffect.Thaw(0)], window.Last);
        Assert.Equal("hook failed", window.Record.Broken);
    }

    [Fact]
    public void An_agent_that_refused_the_freeze_and_offers_no_thaw_either_has_frozen_nothing()
    {
        var window = Freezing()
            .Step(5, new WindowInput.FreezeRefused("disabled", NotExecuted: false))
            .Step(6, new WindowInput.NotSettled("disabled", NotOffered: true));
        Assert.IsType<WindowState.Closed>(window.State);
    }

    [Fact]
    public void An_agent_that_froze_and_offers_no_thaw_is_thawed_for_ever()
    {
        var window = Thawing();
        for (var round = 1; round < 10; round++)
            Assert.Contains(
                new WindowEffect.Thaw(round),
                window.Step(20 + round, new WindowInput.NotSettled("disabled", NotOffered: true)).Last
            );
    }

    [Fact]
    public void A_freeze_whose_reply_is_lost_with_its_link_is_thawed_on_a_new_one() =>
        Assert.Equal([new WindowEffect.Thaw(1)], Freezing().Step(5, new WindowInput.FreezeLost("closed")).Last);

    [Fact]
    public void A_link_lost_while_frozen_is_thawed_on_a_new_one()
    {
        var window = Frozen().Step(15, new WindowInput.FreezeLost("closed"));
        Assert.Equal([new WindowEffect.Thaw(1)], window.Last);
        Assert.Equal("closed", window.Record.Broken);
    }

    [Fact]
    public void An_overdue_freeze_is_followed_by_a_sync_on_its_own_link_for_one_more_lease()
    {
        var window = Overdue();
        Assert.Equal(
            [new WindowEffect.Resync(Order.Lease), new WindowEffect.Arm(WindowLimit.Lease, Clock.At(501))], window.Last);
        Assert.Contains("0.2 s", window.Record.Broken);
    }

    [Fact]
    public void An_answered_sync_is_followed_by_the_thaw_on_its_link_and_a_late_reply_is_counted()
    {
        var window = Overdue().Step(300, new WindowInput.Resynced(InSync: true, LateCount: 3));
        Assert.Equal([new WindowEffect.Thaw(0)], window.Last);
        Assert.Equal(3, window.Record.Frozen);
        Assert.Null(window.Record.FrozenAt);
        Assert.NotNull(window.Step(310, Settled(310, 3)).Record.Broken);
    }

    [Fact]
    public void A_sync_without_answer_is_followed_by_a_thaw_on_a_new_link() =>
        Assert.Equal(
            [new WindowEffect.Thaw(1)], Overdue().Step(501, new WindowInput.Resynced(InSync: false, LateCount: null)).Last);

    [Fact]
    public void A_resync_that_never_ends_is_ended_by_the_host()
    {
        var window = Overdue().Step(501, new WindowInput.LimitPassed(WindowLimit.Lease));
        Assert.Equal([new WindowEffect.Thaw(1)], window.Last);
        Assert.Empty(window.Step(502, new WindowInput.Resynced(InSync: true, LateCount: null)).Last);
    }

    [Fact]
    public void A_lease_that_ends_before_the_cut_breaks_the_window_and_thaws()
    {
        var window = Frozen().Step(310, new WindowInput.LimitPassed(WindowLimit.Lease));
        Assert.Equal([new WindowEffect.Thaw(0)], window.Last);
        Assert.Contains("lease", window.Record.Broken);
        Assert.Null(window.Step(311, new WindowInput.CutDone()).Record.CutAt);
        Assert.True(window.Record.CutOrdered);
    }

    [Fact]
    public void A_lease_that_ends_while_the_thaw_is_under_way_breaks_the_window_and_sends_none()
    {
        var window = Thawing().Step(310, new WindowInput.LimitPassed(WindowLimit.Lease));
        Assert.Empty(window.Last);
        Assert.Contains("lease", window.Step(320, Settled(320)).Record.Broken);
    }

    [Theory]
    [InlineData(310, false)]
    [InlineData(310.1, true)]
    public void The_lease_is_measured_from_frozen_to_thawed(double thawedAt, bool broken) =>
        Assert.Equal(broken, Thawing().Step(400, Settled(thawedAt)).Record.Broken is not null);

    [Theory]
    [InlineData(1L, true)]
    [InlineData(2L, false)]
    [InlineData(3L, false)] // another freeze was undone by us: told, but this cut was made of a frozen guest
    [InlineData(null, false)]
    public void Fewer_thawed_than_frozen_means_that_somebody_else_thawed(long? thawed, bool broken)
    {
        var window = Thawing().Step(30, Settled(29, thawed));
        Assert.Equal(broken, window.Record.Broken is not null);
        Assert.Equal(thawed, window.Record.Thawed);
    }

    [Fact]
    public void A_cut_that_failed_is_thawed_and_named()
    {
        var window = Frozen().Step(20, new WindowInput.CutFailed("no transaction"));
        Assert.Equal([new WindowEffect.Thaw(0)], window.Last);
        Assert.Equal("no transaction", window.Step(30, Settled(29)).Record.Broken);
    }

    [Fact]
    public void Three_rounds_without_an_answer_give_up_waiting_once_and_the_rounds_go_on()
    {
        var window = Freezing().Step(5, new WindowInput.FreezeLost("closed"));
        for (var round = 1; round <= 20; round++)
        {
            window.Step(100 * round, new WindowInput.NotSettled($"silent {round}"));
            Assert.Contains(new WindowEffect.Thaw(round + 1), window.Last);
            Assert.Equal(round >= WindowRules.RoundsBeforeQuarantine ? 1 : 0, window.GivenUp);
        }
        Assert.IsType<WindowState.Closed>(window.Step(5000, Settled(5000)).State);
    }

    [Fact]
    public void A_window_that_an_earlier_process_left_is_thawed_on_a_new_link_and_never_holds()
    {
        var seen = new WindowRecord { FreezeSent = Clock.At(1), FrozenAt = Clock.At(2), Frozen = 2, CutAt = Clock.At(3) };
        var window = Adopt(seen, 50);
        Assert.Equal([new WindowEffect.Thaw(1)], window.Last);
        window.Step(60, Settled(60));
        Assert.Equal("the node ended during the window", window.Record.Broken);
        Assert.Equal(seen.CutAt, window.Record.CutAt);
    }

    [Fact]
    public void An_adopted_window_keeps_the_reason_that_it_had() =>
        Assert.Equal("lease", Adopt(new WindowRecord { Broken = "lease" }).Record.Broken);

    public static TheoryData<string> StatesBeforeTheThaw => ["Freezing", "Overdue", "Frozen"];

    [Theory]
    [MemberData(nameof(StatesBeforeTheThaw))]
    public void Thaw_now_leads_to_a_thaw_from_every_state_that_may_be_frozen(string state)
    {
        var window = Standing(state).Step(250, new WindowInput.ThawNow("the node stops"));
        if (window.State is WindowState.Overdue) window.Step(260, new WindowInput.Resynced(true, null));
        Assert.Equal(1, window.Thaws);
        Assert.NotNull(window.Step(270, Settled(270)).Record.Broken);
    }

    [Fact]
    public void Thaw_now_before_the_freeze_sends_none()
    {
        var window = Open().Step(0, new WindowInput.ThawNow("the node stops"));
        Assert.IsType<WindowState.Closed>(window.State);
        Assert.Equal(0, window.Thaws);
        Assert.Empty(window.Step(1, new WindowInput.LedgerWritten()).Last);
    }

    [Fact]
    public void Thaw_now_while_thawing_breaks_the_window_and_sends_no_second_thaw()
    {
        var window = Thawing().Step(25, new WindowInput.ThawNow("reset"));
        Assert.Empty(window.Last);
        Assert.Equal("reset", window.Step(30, Settled(29)).Record.Broken);
    }

    [Theory]
    [InlineData("Opening")]
    [InlineData("Looking")]
    [InlineData("Freezing")]
    [InlineData("Frozen")]
    [InlineData("Thawing")]
    public void A_guest_that_ended_with_its_qemu_is_frozen_no_more(string state) =>
        Assert.Equal("QEMU ended during the window",
            Assert.IsType<WindowState.Closed>(Standing(state).Step(400, new WindowInput.QemuGone()).State).Record.Broken);

    private static WindowRun Standing(string state) => state switch
    {
        "Opening" => Open(),
        "Looking" => Looking(),
        "Freezing" => Freezing(),
        "Overdue" => Overdue(),
        "Frozen" => Frozen(),
        "Thawing" => Thawing(),
        _ => throw new ArgumentOutOfRangeException(nameof(state)),
    };
}

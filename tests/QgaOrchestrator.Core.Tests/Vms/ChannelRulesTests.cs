using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

public class ChannelRulesTests
{
    [Fact]
    public void A_channel_that_is_ours_alone_is_opened_at_once_and_kept()
    {
        var channel = new ChannelRun().Step(new ChannelInput.Woken());
        Assert.Equal([new ChannelEffect.Open()], channel.Last);
        Assert.Empty(channel.Step(new ChannelInput.Opened()).Last);
    }

    [Fact]
    public void A_shared_channel_is_opened_when_somebody_asks_and_closed_when_nobody_does()
    {
        var channel = new ChannelRun(holdsSocket: false);
        Assert.Empty(channel.Step(new ChannelInput.Woken()).Last);
        Assert.Contains(new ChannelEffect.Open(), channel.Submit(1).Last);
        Assert.Contains(new ChannelEffect.Send(1), channel.Step(new ChannelInput.Opened()).Last);
        Assert.Equal([new ChannelEffect.Close()], channel.Answer(1).Last);
        Assert.IsType<ChannelLink.Down>(channel.State.Link);
    }

    [Fact]
    public void Nothing_is_sent_before_the_sync_is_answered()
    {
        var channel = new ChannelRun().Step(new ChannelInput.Woken()).Submit(1);
        Assert.Empty(channel.Sent);
        Assert.Equal([1], channel.Step(new ChannelInput.Opened()).LastSent);
    }

    [Fact]
    public void One_request_is_in_flight_and_the_rest_wait_in_their_order()
    {
        var channel = ChannelRun.Ready().Submit(1).Submit(2).Submit(3);
        Assert.Equal([1], channel.Sent);
        Assert.Equal([1, 2, 3], channel.Answer(1).Answer(2).Sent);
    }

    [Fact]
    public void A_thaw_goes_in_front_of_the_queue() =>
        Assert.Equal([1, 3, 2], ChannelRun.Ready().Submit(1).Submit(2).Submit(3, thaw: true).Answer(1).Answer(3).Sent);

    [Fact]
    public void Quarantine_lets_only_the_thaw_through()
    {
        var channel = ChannelRun.Ready().Submit(1).Submit(2).Step(new ChannelInput.Quarantine(true));
        Assert.Equal([(2L, ChannelRefusal.Quarantined)], channel.Refused);
        Assert.Contains((3L, ChannelRefusal.Quarantined), channel.Submit(3).Refused);
        Assert.Equal([4], channel.Submit(4, thaw: true).Answer(1).LastSent);
        Assert.Equal([5], channel.Step(new ChannelInput.Quarantine(false)).Answer(4).Submit(5).LastSent);
    }

    [Fact]
    public void A_full_queue_refuses_the_65th_and_never_a_thaw()
    {
        var channel = ChannelRun.Ready().Submit(0);
        for (var ticket = 1; ticket <= Channel.QueueLimit; ticket++) channel.Submit(ticket);
        Assert.Empty(channel.Refused);
        Assert.Equal([(65L, ChannelRefusal.QueueFull)], channel.Submit(65).Refused);
        Assert.Single(channel.Submit(66, thaw: true).Refused);
        Assert.Equal([66], channel.Answer(0).LastSent);
    }

    [Fact]
    public void A_command_that_waited_beyond_its_limit_is_refused_and_never_sent()
    {
        var channel =
            ChannelRun.Ready().Submit(1).Submit(2, deadline: 500).Submit(3, deadline: 100).Submit(4, deadline: 200, thaw: true);
        Assert.Contains(new ChannelEffect.WakeAt(Clock.At(100)), channel.Last);
        channel.Step(250, new ChannelInput.Woken());
        Assert.Equal([(3L, ChannelRefusal.Expired), (4L, ChannelRefusal.Expired)], channel.Refused);
        Assert.Contains(new ChannelEffect.WakeAt(Clock.At(500)), channel.Last);
        Assert.Equal([2], channel.Answer(1).LastSent);
    }

    [Fact]
    public void A_command_that_waits_behind_a_window_is_refused_at_its_limit()
    {
        var channel = ChannelRun.Ready().Lend("w1").Submit(1, deadline: 100).Submit(2, deadline: 200, thaw: true);
        Assert.Equal(
            [(1L, ChannelRefusal.Expired), (2L, ChannelRefusal.Expired)],
            channel.Step(100, new ChannelInput.Woken()).Step(200, new ChannelInput.Woken()).Refused);
    }

    [Fact]
    public void A_reservation_waits_for_the_command_in_flight_and_holds_the_queue()
    {
        var channel = ChannelRun.Ready().Submit(1).Submit(2).Step(new ChannelInput.Reserve("w1"));
        Assert.Empty(channel.Last.OfType<ChannelEffect.Granted>());
        Assert.Contains(new ChannelEffect.Confirm(), channel.Answer(1).Last);
        Assert.Contains(new ChannelEffect.Granted("w1"), channel.Step(new ChannelInput.Confirmed(true)).Last);
        Assert.Empty(channel.Submit(3).Submit(4, thaw: true).LastSent);
        Assert.Equal([1], channel.Sent);
        Assert.Equal([4], channel.Step(new ChannelInput.Release("w1", LinkOpen: true)).LastSent);
        Assert.Equal([2], channel.Answer(4).LastSent);
    }

    [Fact]
    public void A_reservation_is_not_granted_when_the_channel_does_not_open()
    {
        var channel = new ChannelRun().Step(new ChannelInput.Woken()).Step(new ChannelInput.Reserve("w1")).Step(
            new ChannelInput.OpenFailed("no socket"));
        Assert.Contains(new ChannelEffect.NotGranted("w1", "no socket"), channel.Last);
        Assert.Null(channel.State.ReservedFor);
    }

    [Fact]
    public void A_reservation_is_not_granted_when_its_sync_is_not_answered()
    {
        var channel = ChannelRun.Ready().Step(new ChannelInput.Reserve("w1")).Step(new ChannelInput.Confirmed(false, "silence"));
        Assert.Contains(new ChannelEffect.NotGranted("w1", "silence"), channel.Last);
        Assert.Null(channel.State.ReservedFor);
    }

    [Fact]
    public void A_second_window_is_refused_and_says_for_whom()
    {
        var channel = ChannelRun.Ready().Lend("w1").Step(new ChannelInput.Reserve("w2"));
        Assert.Equal([new ChannelEffect.NotGranted("w2", "the channel is reserved for w1")], channel.Last);
        Assert.Equal("w1", channel.State.ReservedFor);
    }

    [Fact]
    public void No_window_opens_on_a_guest_in_quarantine() =>
        Assert.IsType<ChannelEffect.NotGranted>(
            Assert.Single(ChannelRun.Ready().Step(new ChannelInput.Quarantine(true)).Step(new ChannelInput.Reserve("w1")).Last));

    [Fact]
    public void A_link_lost_inside_a_window_is_left_to_the_window()
    {
        var channel = ChannelRun.Ready().Lend("w1").Step(new ChannelInput.LinkLost("QEMU closed the connection"));
        Assert.Empty(channel.Last);
        Assert.True(channel.State.Reserved);
        Assert.Equal(
            [new ChannelEffect.WakeAt(Clock.At(1_000))], channel.Step(new ChannelInput.Release("w1", LinkOpen: false)).Last);
        Assert.Equal([new ChannelEffect.Open()], channel.Step(1_000, new ChannelInput.Woken()).Last);
    }

    [Fact]
    public void A_guest_that_drops_or_floods_each_link_is_followed_slowly_and_no_asker_waits()
    {
        var channel = ChannelRun.Ready();
        for (var loss = 1; loss <= 8; loss++)
        {
            var lost = channel.Now;
            var wake = Assert
                .IsType<ChannelEffect.WakeAt>(Assert.Single(channel.Step(new ChannelInput.LinkLost("flood")).Last))
                .At.Monotonic.TotalMilliseconds;
            var middle = 1_000 * Math.Min(60, Math.Pow(2, loss - 1));
            Assert.InRange(wake - lost, loss == 1 ? 1_000 : middle * 0.75, loss == 1 ? 1_000 : middle * 1.25);
            Assert.Equal([new ChannelEffect.Open()], channel.Step(Math.Ceiling(wake), new ChannelInput.Woken()).Last);
            channel.Step(new ChannelInput.Opened());
        }
        Assert.Contains(
            new ChannelEffect.Open(), channel.Step(new ChannelInput.LinkLost("flood")).Submit(1, channel.Now + 10_000).Last);
    }

    [Fact]
    public void A_link_that_lived_for_a_minute_is_followed_after_a_second_again()
    {
        var channel = ChannelRun.Ready();
        for (var loss = 0; loss < 4; loss++)
            channel.Step(new ChannelInput.LinkLost("flood")).Step(100_000 * (loss + 1), new ChannelInput.Woken())
                .Step(new ChannelInput.Opened());
        Assert.Equal(
            [new ChannelEffect.WakeAt(Clock.At(461_000))], channel.Step(460_000, new ChannelInput.LinkLost("closed")).Last);
    }

    [Fact]
    public void A_link_that_did_not_confirm_is_not_used_again()
    {
        var channel = ChannelRun.Ready().Step(new ChannelInput.Reserve("w1")).Step(
            new ChannelInput.Confirmed(false, "the agent answered another sync"));
        Assert.Contains(new ChannelEffect.Close(), channel.Last);
        Assert.IsType<ChannelLink.Down>(channel.State.Link);
    }

    [Fact]
    public void A_window_that_an_earlier_process_left_has_the_channel_before_anybody_else()
    {
        var channel = new ChannelRun().Submit(1).Step(new ChannelInput.Adopted("w0"));
        Assert.True(channel.State.Reserved);
        Assert.Empty(channel.Step(new ChannelInput.Opened()).LastSent);
        Assert.Contains("w0", ((ChannelEffect.NotGranted)channel.Step(new ChannelInput.Reserve("w1")).Last[0]).Reason);
        Assert.Equal([1], channel.Step(new ChannelInput.Release("w0", LinkOpen: true)).LastSent);
    }

    [Fact]
    public void A_pending_reservation_is_refused_when_a_window_is_adopted() =>
        Assert.Equal("w1", Assert.IsType<ChannelEffect.NotGranted>(
            ChannelRun.Ready().Step(new ChannelInput.Reserve("w1")).Step(new ChannelInput.Adopted("w0")).Last[0]).Window);

    [Fact]
    public void An_absent_agent_refuses_at_once_what_is_asked_within_three_seconds_of_the_probe()
    {
        var channel = new ChannelRun().Submit(1).Step(new ChannelInput.OpenFailed("no socket"));
        Assert.Equal([(1L, ChannelRefusal.Unreachable)], channel.Refused);
        channel = new ChannelRun(holdsSocket: false).Submit(1).Step(new ChannelInput.OpenFailed("no socket"));
        Assert.Contains(
            (2L, ChannelRefusal.Unreachable), channel.Step(500, new ChannelInput.Submitted(2, Clock.At(9000))).Refused);
        Assert.Contains(new ChannelEffect.Open(), channel.Step(3001, new ChannelInput.Submitted(3, Clock.At(9000))).Last);
    }

    [Fact]
    public void Waiting_commands_are_refused_when_the_channel_does_not_open()
    {
        var channel = new ChannelRun().Submit(1).Submit(2, thaw: true).Step(new ChannelInput.OpenFailed("no socket"));
        Assert.Equal([(1L, ChannelRefusal.Unreachable), (2L, ChannelRefusal.Unreachable)], channel.Refused);
    }

    [Fact]
    public void Failed_probes_come_ever_later_and_a_good_one_forgets_them()
    {
        var channel = new ChannelRun().Step(new ChannelInput.Woken());
        var waited = new List<double>();
        for (var probe = 0; probe < 8; probe++)
        {
            var failed = channel.Now;
            var wake = channel.Step(new ChannelInput.OpenFailed("silence")).Last.OfType<ChannelEffect.WakeAt>().Single().At;
            waited.Add(wake.Monotonic.TotalMilliseconds - failed);
            Assert.Contains(
                new ChannelEffect.Open(),
                channel.Step(Math.Ceiling(wake.Monotonic.TotalMilliseconds), new ChannelInput.Woken()).Last
            );
        }
        Assert.All(waited.Zip(Enumerable.Range(0, 8)), w =>
            Assert.InRange(w.First, 750 * Math.Min(60, Math.Pow(2, w.Second)), 1250 * Math.Min(60, Math.Pow(2, w.Second)))
        );
        Assert.Equal(0, channel.Step(new ChannelInput.Opened()).State.Failures);
    }

    [Fact]
    public void A_thousand_absent_agents_are_not_probed_in_one_instant() =>
        Assert.True(Enumerable.Range(0, 1000).Select(i => ChannelRules.NextProbeAfter($"vm{i}", 3)).Distinct().Count() > 900);

    [Fact]
    public void A_port_that_opens_is_probed_at_once_whatever_the_back_off_says()
    {
        var channel = new ChannelRun().Step(new ChannelInput.Woken()).Step(new ChannelInput.OpenFailed("silence"));
        Assert.DoesNotContain(new ChannelEffect.Open(), channel.Step(100, new ChannelInput.PortChanged(false)).Last);
        Assert.Contains(new ChannelEffect.Open(), channel.Step(200, new ChannelInput.PortChanged(true)).Last);
    }

    [Fact]
    public void A_late_answer_of_an_earlier_link_ends_nothing()
    {
        var channel = ChannelRun.Ready().Submit(1).Step(new ChannelInput.LinkLost("closed")).Step(1_000, new ChannelInput.Woken())
            .Step(new ChannelInput.Opened()).Submit(2);
        Assert.Empty(channel.Answer(1, linkOpen: false).Last);
        Assert.Equal(2, Assert.IsType<ChannelLink.Busy>(channel.State.Link).Ticket);
    }

    [Fact]
    public void A_thaw_sends_a_sync_behind_the_command_in_flight_and_goes_out_on_its_link()
    {
        var channel = ChannelRun.Ready().Submit(1).Submit(2).Submit(3, thaws: true);
        Assert.Equal([1], channel.Followed);
        Assert.Equal([1], channel.Sent);
        channel.Answer(1);
        Assert.Equal([1], channel.Sent); // its sync is not answered yet
        channel.SyncEnded(1);
        Assert.Equal([1, 3], channel.Sent);
        Assert.Equal([1, 3, 2], channel.Answer(3).Sent);
        Assert.DoesNotContain(channel.All, effect => effect is ChannelEffect.Close);
    }

    [Fact]
    public void The_ends_of_a_command_and_of_the_sync_behind_it_may_be_told_in_any_order()
    {
        var channel = ChannelRun.Ready().Submit(1).Submit(3, thaws: true).SyncEnded(1);
        Assert.Equal([1], channel.Sent);
        Assert.Equal([1], channel.Followed);
        Assert.Equal([1, 3], channel.Answer(1).Sent);
    }

    [Fact]
    public void A_status_sends_no_sync_behind_a_command() =>
        Assert.Empty(ChannelRun.Ready().Submit(1).Submit(3, thaw: true).Followed);

    [Fact]
    public void A_thaw_waits_for_the_command_in_flight_as_long_as_that_may_take()
    {
        var channel = ChannelRun.Ready().Submit(1, deadline: 600_000).Submit(2, deadline: 5_000).Submit(
            3, deadline: 5_000, thaws: true);
        channel.Step(5_000, new ChannelInput.Woken());
        Assert.Equal([(2, ChannelRefusal.Expired)], channel.Refused);
        channel.Step(600_000 + ChannelRules.BehindCommand.TotalMilliseconds - 1, new ChannelInput.Woken());
        Assert.Equal([(2, ChannelRefusal.Expired)], channel.Refused);
        channel.Step(600_000 + ChannelRules.BehindCommand.TotalMilliseconds, new ChannelInput.Woken());
        Assert.Equal([(2, ChannelRefusal.Expired), (3, ChannelRefusal.Expired)], channel.Refused);
    }

    [Fact]
    public void A_sync_without_an_answer_behind_a_command_leads_to_a_new_link_and_the_thaw_on_it()
    {
        var channel = ChannelRun.Ready().Submit(1).Submit(3, thaws: true).Answer(1).SyncEnded(1, linkOpen: false);
        Assert.IsType<ChannelEffect.Open>(channel.Last[0]);
        Assert.Equal([1, 3], channel.Step(new ChannelInput.Opened()).Sent);
    }

    [Fact]
    public void The_end_of_a_sync_behind_a_former_command_changes_nothing()
    {
        var channel =
            ChannelRun.Ready().Submit(1).Submit(3, thaws: true).Answer(1, linkOpen: false).Step(new ChannelInput.Opened());
        Assert.Equal([1, 3], channel.Sent);
        var before = channel.State;
        Assert.Equal(before.Link, channel.SyncEnded(1).State.Link);
    }

    [Fact]
    public void A_withdrawn_command_frees_its_place_and_is_never_sent()
    {
        var channel = ChannelRun.Ready().Submit(1);
        for (var ticket = 2; ticket <= 65; ticket++) channel.Submit(ticket);
        Assert.Equal([(66L, ChannelRefusal.QueueFull)], channel.Submit(66).Refused);
        channel.Step(new ChannelInput.Withdrawn(2)).Submit(67);
        Assert.Single(channel.Refused);
        Assert.Equal([3], channel.Answer(1).LastSent);
    }

    [Fact]
    public void What_is_in_flight_is_not_withdrawn()
    {
        var channel = ChannelRun.Ready().Submit(1).Step(new ChannelInput.Withdrawn(1));
        Assert.IsType<ChannelLink.Busy>(channel.State.Link);
        Assert.Equal([2], channel.Submit(2).Answer(1).LastSent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_reservation_that_is_withdrawn_is_granted_to_nobody(bool inSync)
    {
        var channel = ChannelRun.Ready().Step(new ChannelInput.Reserve("w1")).Submit(1).Step(new ChannelInput.Unreserve("w1"));
        channel.Step(new ChannelInput.Confirmed(inSync));
        Assert.DoesNotContain(channel.All, effect => effect is ChannelEffect.Granted or ChannelEffect.NotGranted);
        if (!inSync) channel.Step(new ChannelInput.Opened());
        Assert.Equal([1], channel.Sent);
    }
}

using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

/// <summary>Channel and window of a VM whose guest has been moved away, or has not come yet.</summary>
public class GuestAwayTests
{
    [Fact]
    public void What_waits_for_a_guest_that_has_moved_is_told_and_not_executed()
    {
        var channel = ChannelRun.Ready().Submit(1).Submit(2).Submit(3, thaw: true);
        channel.Step(new ChannelInput.GuestAway("the VM has moved to h2/vm1"));
        Assert.Equal([(2L, ChannelRefusal.Unreachable), (3L, ChannelRefusal.Unreachable)], channel.Refused);
        Assert.Contains(new ChannelEffect.Close(), channel.Last);
        Assert.Contains(
            new ChannelEffect.Refuse(4, ChannelRefusal.Unreachable, "the VM has moved to h2/vm1"), channel.Submit(4).Last);
        Assert.DoesNotContain(channel.Step(600_000, new ChannelInput.Woken()).Last, effect => effect is ChannelEffect.Open);
    }

    [Fact]
    public void A_guest_that_has_come_is_met_by_a_new_link_at_once()
    {
        var channel = new ChannelRun().Step(new ChannelInput.GuestAway("QEMU waits for it")).Step(new ChannelInput.Woken());
        Assert.DoesNotContain(channel.All, effect => effect is ChannelEffect.Open);
        Assert.Contains(new ChannelEffect.Open(), channel.Step(5, new ChannelInput.GuestAway(null)).Last);
    }

    [Fact]
    public void A_window_keeps_its_link_until_it_has_heard_that_the_guest_has_moved()
    {
        var channel = ChannelRun.Ready().Lend("w").Step(new ChannelInput.GuestAway("it has moved"));
        Assert.DoesNotContain(new ChannelEffect.Close(), channel.Last);
        Assert.Contains(new ChannelEffect.Close(), channel.Step(new ChannelInput.Release("w", LinkOpen: true)).Last);
        Assert.IsType<ChannelLink.Down>(channel.State.Link);
    }

    [Fact]
    public void A_window_whose_guest_has_moved_is_closed_here_and_nobody_has_seen_it_thawed()
    {
        foreach (var window in new[] { WindowRun.Open(), WindowRun.Thawing() })
        {
            var closed = window.Step(25, new WindowInput.GuestLeft());
            Assert.IsType<WindowState.Closed>(closed.State);
            Assert.True(closed.Record.Moved);
            Assert.Null(closed.Record.ThawedAt);
            Assert.Contains("moved", closed.Record.Broken, StringComparison.Ordinal);
        }
    }
}

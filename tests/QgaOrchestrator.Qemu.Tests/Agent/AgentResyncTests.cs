using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Sockets;
using static QgaOrchestrator.Qemu.Tests.Agent.LinkDialogue;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>A sync that goes out behind a command on the same link: behind a freeze past its limit, and behind any command when a
/// thaw waits.</summary>
public sealed class AgentResyncTests
{
    private static readonly AgentRequest _ping = new("guest-ping");

    private static readonly AgentRequest _trim = new("guest-fstrim");

    [Theory]
    [InlineData("{\"return\": 2}\n" + Stray, "2")]                     // the agent answers the freeze, the 0xFF, the sync
    [InlineData("{\"return\": 2}\n", "2")]                             // an agent that answers no 0xFF
    [InlineData("{\"return\": 2}\r\n" + Stray, "2")]
    [InlineData(Stray, null)]                                          // it was restarted and has forgotten
    [InlineData("", null)]
    [InlineData("{\"return\": 2}\n{\"return\": 3}\n" + Stray, null)]    // not the only line: whose is it?
    [InlineData("{\"return\": 2}\n{\"return\": 3}\n", null)]
    [InlineData("{\"ret\n" + Stray, null)]                             // not readable
    [InlineData("noise\n{\"return\": 2}\n" + Stray, null)]
    public void A_late_freeze_reply_is_harvested_only_where_it_is_certain(string before, string? late)
    {
        // The reply may come before the resync is sent, behind it, or half and half.
        for (var split = 0; split <= before.Length; split++)
        {
            var link = Ready();
            link.Send(Freeze);
            link.Expire();
            Assert.IsType<AgentOutcome.Unknown>(Assert.Single(link.Called));
            link.Hear(before[..split]);
            link.Do(new LinkInput.Resync(2));
            link.Hear(before[split..] + Synced(2));
            var resynced = Assert.Single(link.Resynced);
            Assert.True(resynced.InSync);
            Assert.Equal(late, resynced.Late is null ? null : Json(resynced.Late));
            Assert.IsType<LinkState.Ready>(link.State);
        }
    }

    [Fact]
    public void A_late_refusal_is_told_where_the_agent_answers_our_sentinel_too()
    {
        var link = Ready();
        link.Send(Freeze);
        link.Expire();
        link.Do(new LinkInput.Resync(2));
        link.Hear("{\"error\": {\"class\": \"GenericError\", \"desc\": \"fsfreeze hook has failed with status 3\"}}\n");
        link.Hear(Stray + Synced(2));
        var late = Assert.IsType<AgentOutcome.Refused>(Assert.Single(link.Resynced).Late);
        Assert.Equal("GenericError: fsfreeze hook has failed with status 3", late.Error.ToString());
    }

    [Fact]
    public void A_freeze_that_was_not_written_whole_keeps_no_link()
    {
        var link = Ready();
        link.Do(new LinkInput.Send(Freeze)); // and no word from the kernel that it has taken it
        link.Expire();
        Assert.IsType<AgentOutcome.Unknown>(Assert.Single(link.Called));
        Assert.IsType<LinkState.Closed>(link.State);
    }

    [Fact]
    public void A_freeze_may_be_called_overdue_before_its_time()
    {
        var link = Ready();
        link.Send(Freeze);
        link.Do(new LinkInput.Resync(2));
        Assert.IsType<AgentOutcome.Unknown>(Assert.Single(link.Called));
        link.Hear("{\"return\": 2}\n" + Stray + Synced(2));
        Assert.Equal("2", Json(Assert.Single(link.Resynced).Late));
    }

    [Fact]
    public void A_resync_without_an_answer_ends_the_link()
    {
        var link = Ready();
        link.Send(Freeze);
        link.Expire();
        link.Do(new LinkInput.Resync(2));
        link.Hear("{\"return\": 2}\n");
        link.Expire();
        var resynced = Assert.Single(link.Resynced);
        Assert.False(resynced.InSync);
        Assert.Null(resynced.Late);
        Assert.Single(link.Lost);
    }

    [Theory]
    [InlineData("{\"return\": {\"paths\": []}}\n" + Stray, "{\"paths\": []}")]
    [InlineData("{\"return\": {\"paths\": []}}\n", "{\"paths\": []}")]             // an agent that answers no 0xFF
    [InlineData("noise\n{\"return\": 7}\nnoise\n" + Stray, "7")]
    public void A_reply_before_the_sync_that_a_thaw_sent_behind_it_reaches_its_caller(string before, string reply)
    {
        for (var split = 0; split <= before.Length; split++)
        {
            var link = Ready();
            link.Send(_trim);
            link.Hear(before[..split]);
            if (link.Called.Count > 0) continue; // answered before the thaw came
            link.Do(new LinkInput.Resync(2));
            Assert.Equal("\u00ff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":2}}\n", link.Written[^1]);
            link.Hear(before[split..]);
            Assert.Equal(reply, Json(Assert.Single(link.Called)));
            Assert.Empty(link.Resynced);
            link.Hear(Synced(2));
            AssertThaws(link);
        }
    }

    [Theory]
    [InlineData("{\"return\": 7}\n" + Stray)]
    [InlineData("{\"return\": 7}\n")]
    [InlineData(Stray)]
    [InlineData("")]
    public void A_reply_after_its_limit_is_discarded_and_the_thaw_goes_out_on_the_same_link(string late)
    {
        var link = Ready();
        link.Send(_trim);
        link.Do(new LinkInput.Resync(2));
        link.Expire();
        Assert.Equal(WaitEnd.TimedOut, Assert.IsType<AgentOutcome.Unknown>(Assert.Single(link.Called)).By);
        Assert.True(link.State.IsOpen);
        link.Hear(late + Synced(2));
        Assert.Single(link.Called);
        Assert.Null(Assert.Single(link.Resynced).Late);
        AssertThaws(link);
    }

    [Theory]
    [InlineData("")]
    [InlineData("noise\n")]
    [InlineData("{\"event\": \"X\"}\n")]
    public void A_sync_that_is_answered_first_means_that_the_command_ended_without_a_reply(string noise)
    {
        var link = Ready();
        link.Send(new("guest-suspend-ram"));
        link.Do(new LinkInput.Resync(2));
        link.Hear(noise + Synced(2));
        Assert.Equal(WaitEnd.Passed, Assert.IsType<AgentOutcome.Unknown>(Assert.Single(link.Called)).By);
        AssertThaws(link);
    }

    [Fact]
    public void A_link_in_sync_is_proved_again_by_a_sync_and_keeps_its_socket()
    {
        var link = Ready();
        link.Do(new LinkInput.Resync(2));
        link.Hear("noise\n{\"return\": 7}\n" + Stray + Synced(1));
        Assert.Empty(link.Resynced);
        link.Hear(Synced(2));
        AssertThaws(link);
    }

    [Theory]
    [InlineData("")] // the agent was started anew, and answers our 0xFF
    [InlineData(Stray)]
    public void An_error_alone_behind_the_sync_is_not_told_as_a_refusal(string more)
    {
        var link = Ready();
        link.Send(new("guest-exec"));
        link.Do(new LinkInput.Resync(2));
        link.Hear(Stray + more + Synced(2));
        Assert.Equal(WaitEnd.Passed, Assert.IsType<AgentOutcome.Unknown>(Assert.Single(link.Called)).By);
        AssertThaws(link);
    }

    [Fact]
    public void A_refusal_before_a_waiting_thaw_is_told_though_the_agent_answers_our_sentinel()
    {
        var link = Ready();
        link.Send(_trim);
        link.Do(new LinkInput.Resync(2));
        link.Hear("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}\n" + Stray);
        Assert.Equal("GenericError: no", Assert.IsType<AgentOutcome.Refused>(Assert.Single(link.Called)).Error.ToString());
        link.Hear(Synced(2));
        AssertThaws(link);
    }

    [Fact]
    public void A_sync_goes_out_behind_a_request_only_when_that_is_written_whole()
    {
        var link = Ready();
        link.Do(new LinkInput.Send(_trim));
        var sent = link.State;
        link.Do(new LinkInput.Resync(2));
        Assert.Contains("guest-fstrim", link.Written[^1], StringComparison.Ordinal);
        link.Do(new LinkInput.Written(sent));
        Assert.Contains("guest-sync-delimited", link.Written[^1], StringComparison.Ordinal);
        link.Hear("{\"return\": 7}\n" + Synced(2));
        AssertThaws(link);
    }

    [Fact]
    public void A_reply_before_the_notice_that_its_request_was_written_needs_no_sync()
    {
        var link = Ready();
        link.Do(new LinkInput.Send(_trim));
        var sent = link.State;
        link.Do(new LinkInput.Resync(2));
        link.Hear("{\"return\": 7}\n");
        Assert.Equal("7", link.Returned());
        link.Do(new LinkInput.Written(sent));
        AssertThaws(link);
    }

    [Fact]
    public void Written_of_an_earlier_sending_of_a_request_says_nothing_of_this_one()
    {
        var link = Ready();
        link.Do(new LinkInput.Send(_ping));
        var earlier = link.State;
        link.Hear("{\"return\": {}}\n");
        link.Do(new LinkInput.Send(_ping));
        link.Do(new LinkInput.Written(earlier));
        Assert.False(Assert.IsType<LinkState.Busy>(link.State).Written);
    }

    [Fact]
    public void A_request_ends_when_its_link_drops_or_refuses_it()
    {
        var lost = Ready();
        lost.Send(_trim);
        lost.Do(new LinkInput.Resync(2));
        lost.Do(new LinkInput.Disconnected("gone"));
        Assert.Equal(WaitEnd.LinkLost, Assert.IsType<AgentOutcome.Unknown>(Assert.Single(lost.Called)).By);
        Assert.False(Assert.Single(lost.Resynced).InSync);

        var untaken = Ready();
        untaken.Do(new LinkInput.Send(_trim));
        untaken.Do(new LinkInput.Resync(2));
        untaken.Expire();
        Assert.False(Assert.Single(untaken.Resynced).InSync);
        Assert.IsType<LinkState.Closed>(untaken.State);
    }

    private static void AssertThaws(LinkDialogue link)
    {
        Assert.True(Assert.Single(link.Resynced).InSync);
        Assert.Empty(link.Lost);
        link.Send(new("guest-fsfreeze-thaw"));
        link.Hear("{\"return\": 2}\n");
        Assert.Equal("2", link.Returned());
    }
}

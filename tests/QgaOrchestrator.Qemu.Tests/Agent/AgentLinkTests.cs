using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Sockets;
using static QgaOrchestrator.Qemu.Tests.Agent.LinkDialogue;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>The odd byte streams of real agents, and what the link makes of them.</summary>
public sealed class AgentLinkTests
{
    private static readonly AgentRequest _ping = new("guest-ping");

    [Fact]
    public void After_a_connect_a_sync_goes_out_behind_a_sentinel_and_nothing_else()
    {
        var link = new LinkDialogue();
        link.Open(9007199254740991);
        Assert.Equal(["\u00ff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":9007199254740991}}\n"], link.Written);
        link.Hear(Synced(9007199254740991));
        Assert.IsType<OpenOutcome.Ready>(Assert.Single(link.Opened));
    }

    [Theory]
    [InlineData("{\"return\": 1}\n")]                                      // the number, but not behind a sentinel: a count
    [InlineData("\u00ff{\"return\": 12}\n")]                               // another client's sync
    [InlineData("\u00ff{\"return\": \"1\"}\n")]
    [InlineData("QUFBQUFB\"}}\n")]                                         // the rest of a reply that a former client left
    [InlineData("\u00ff\u00ff\u00ff\n\n\r\n")]
    [InlineData(Stray + Stray + Stray + Stray)]                            // a burst, after an oversized request
    [InlineData("{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"\"}}\n")]
    public void Whatever_comes_before_the_sync_is_answered_opens_nothing(string stale)
    {
        var link = new LinkDialogue();
        link.Open(1);
        link.Hear(stale);
        Assert.Empty(link.Opened);
        link.Hear("{\"retu" + Synced(1)); // and half a line right before it
        Assert.IsType<OpenOutcome.Ready>(Assert.Single(link.Opened));
        link.Send(_ping);
        link.Hear("{\"return\": {}}\n");
        Assert.Equal("{}", link.Returned());
    }

    [Fact]
    public void A_sync_without_an_answer_ends_the_link()
    {
        var link = new LinkDialogue();
        link.Open(1);
        link.Expire();
        Assert.IsType<OpenOutcome.NoAnswer>(Assert.Single(link.Opened));
        Assert.IsType<LinkState.Closed>(link.State);
        Assert.Empty(link.Lost); // it was never open
    }

    [Theory]
    [InlineData(
        Stray
            + "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command guest-sync-delimited has not been found\"}}\n"
    )]
    [InlineData(
        "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command guest-sync-delimited has not been found\"}}\n"
    )]
    public void An_agent_that_refuses_the_sync_is_told_as_that(string said)
    {
        var link = new LinkDialogue();
        link.Open(1);
        link.Hear(said);
        Assert.IsType<LinkState.Syncing>(link.State);
        link.Expire();
        var told = Assert.IsType<OpenOutcome.NoAnswer>(Assert.Single(link.Opened));
        Assert.Equal("CommandNotFound", told.Refusal?.Class);
        Assert.Equal(
            "the agent answers guest-sync-delimited with an error: CommandNotFound: The command guest-sync-delimited has not "
                + "been found",
            told.Reason
        );
    }

    [Fact]
    public void An_error_s_text_is_one_line_of_a_kibibyte()
    {
        var link = Ready();
        link.Send(new AgentRequest("guest-ping"));
        link.Hear(
            $"{{\"error\": {{\"class\": \"Gen\\neric\", \"desc\": \"no\\u001b[2J\\r\\n\\u202e{new string('x', 1 << 20)}\"}}}}\n");
        var error = Assert.IsType<AgentOutcome.Refused>(Assert.Single(link.Called)).Error;
        Assert.Equal("Gen eric", error.Class);
        Assert.StartsWith("no\uFFFD[2J  \uFFFDxxx", error.Description, StringComparison.Ordinal);
        Assert.Equal(1024, System.Text.Encoding.UTF8.GetByteCount(error.Description));
    }

    [Fact]
    public void A_request_is_one_line_without_id()
    {
        var link = Ready();
        link.Send(new("guest-exec-status", "{\"pid\":\r\n 7}"u8.ToArray()));
        Assert.Equal("{\"execute\":\"guest-exec-status\",\"arguments\":{\"pid\":   7}}\n", link.Written[^1]);
        link.Hear("{\"return\": {}}\n");
        link.Send(_ping);
        Assert.Equal("{\"execute\":\"guest-ping\"}\n", link.Written[^1]);
    }

    [Fact]
    public void Noise_is_no_reply()
    {
        var link = Ready();
        link.Hear("login: \n\u00ff\n");
        link.Send(_ping);
        link.Hear("{\"retu\n[1]\n{\"\\ud800\": 1}\n{\"event\": \"X\"}\n{\"return\": 1} 2\n{\"return\": {}}\n");
        Assert.Equal("{}", link.Returned());
        Assert.Single(link.Called);
    }

    [Fact]
    public void A_reply_that_nobody_asked_for_ends_the_link_before_it_is_taken_for_an_answer()
    {
        var link = Ready();
        link.Hear("{\"return\": 7}\n");
        Assert.IsType<LinkState.Closed>(link.State);
        Assert.Single(link.Lost);
    }

    [Fact]
    public void A_burst_of_errors_answers_one_request_only()
    {
        var link = Ready();
        link.Send(_ping);
        link.Hear(Stray + Stray + Stray);
        Assert.IsType<AgentOutcome.Refused>(Assert.Single(link.Called));
        Assert.IsType<LinkState.Closed>(link.State);
    }

    [Fact]
    public void A_time_out_is_an_unknown_outcome_and_the_end_of_the_link()
    {
        var link = Ready();
        link.Send(_ping);
        link.Expire();
        Assert.IsType<AgentOutcome.Unknown>(Assert.Single(link.Called));
        Assert.IsType<LinkState.Closed>(link.State);
        Assert.Single(link.Lost);
    }

    [Fact]
    public void A_reply_to_a_former_connection_s_request_is_discarded()
    {
        var link = Ready();
        link.Send(_ping);
        link.Expire();
        link.Open(2);
        link.Hear("{\"return\": 1}\n" + Stray + Synced(1) + Synced(2));
        link.Send(new("guest-fsfreeze-status"));
        link.Hear("{\"return\": \"frozen\"}\n");
        Assert.Equal("\"frozen\"", link.Returned());
        Assert.Equal(2, link.Called.Count);
    }

    [Fact]
    public void Waiting_requests_end_when_the_link_drops()
    {
        var opening = new LinkDialogue();
        opening.Open(1);
        opening.Do(new LinkInput.Disconnected("gone"));
        Assert.Equal(new OpenOutcome.NoAnswer("gone"), Assert.Single(opening.Opened));

        var calling = Ready();
        calling.Send(_ping);
        calling.Do(new LinkInput.Disconnected("gone"));
        Assert.Equal(new AgentOutcome.Unknown("gone") { By = WaitEnd.LinkLost }, Assert.Single(calling.Called));
        Assert.Equal(["gone"], calling.Lost);

        var closing = Ready();
        closing.Send(_ping);
        closing.Do(new LinkInput.Close());
        Assert.IsType<AgentOutcome.Unknown>(Assert.Single(closing.Called));
        Assert.Empty(closing.Lost);
    }

    [Theory]
    [InlineData("{\"return\": {\"return\": 1}, \"id\": 4}", "{\"return\": 1}")]
    [InlineData("{\"x\": {\"error\": 1}, \"return\": 18446744073709551615}", "18446744073709551615")]
    [InlineData(" { \"return\" : \"\\uD83D\" } ", "\"\\uD83D\"")]
    public void A_reply_is_passed_on_unchanged(string line, string json)
    {
        var link = Ready();
        link.Send(_ping);
        link.Hear(line + "\n");
        Assert.Equal(json, link.Returned());
    }

    [Theory]
    [InlineData( // before 1.2
        "{\"error\": {\"data\": {\"name\": \"x\"}, \"desc\": \"D\", \"class\": \"Unsupported\"}}", "Unsupported: D")]
    [InlineData("{\"id\": 1, \"error\": {\"class\": \"GenericError\"}}", "GenericError: ")]
    [InlineData("{\"error\": {}}", "GenericError: ")]
    public void An_error_needs_neither_order_nor_every_member(string line, string error)
    {
        var link = Ready();
        link.Send(_ping);
        link.Hear(line + "\n");
        Assert.Equal(error, Assert.IsType<AgentOutcome.Refused>(Assert.Single(link.Called)).Error.ToString());
    }
}

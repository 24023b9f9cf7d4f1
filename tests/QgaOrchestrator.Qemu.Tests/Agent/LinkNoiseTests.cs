using System.Text;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>How long a line may be in each state of a link, and how much noise it bears.</summary>
public sealed class LinkNoiseTests
{
    private static readonly LinkState _syncing = new LinkState.Syncing(1), _ready = new LinkState.Ready();
    private static readonly LinkState _freezing = new LinkState.Overdue(GuestFsfreezeFreeze.Request, Heard.Nothing);

    [Fact]
    public void Only_a_request_in_flight_may_be_answered_by_more_than_a_few_KiB()
    {
        Assert.All([_syncing, _ready, _freezing, AgentLink.Start], state => Assert.Equal(16 << 10, LinkNoise.LongestLine(state)));
        Assert.Equal(64 << 10, LinkNoise.LongestLine(Busy(GuestPing.Request)));
        Assert.InRange(LinkNoise.LongestLine(Busy(GuestFileRead.Request(1, 48 << 20))), 64 << 20, 65 << 20);
    }

    [Theory]
    [InlineData(
        LineFault.TooLong,
        "the reply to guest-ping is longer than the 64 KiB that it may have",
        "the agent sent a line of more than 16 KiB though nothing was asked"
    )]
    [InlineData(
        LineFault.NoMemory,
        "the reply to guest-ping found no room in the 74 MiB",
        "the reply to a command found no room"
    )]
    [InlineData(LineFault.None, null, null)]
    public void A_line_that_was_thrown_away_ends_a_link_where_it_may_have_been_a_reply(
        LineFault fault, string? busy, string? ready)
    {
        var line = new WireLine(default, false) { Fault = fault };
        Assert.StartsWith(busy ?? "", LinkNoise.Refuse(Busy(GuestPing.Request), line) ?? "");
        Assert.StartsWith(ready ?? "", LinkNoise.Refuse(_ready, line) ?? "");
        Assert.Equal(busy is null, LinkNoise.Refuse(_ready, line) is null);
        Assert.Null(LinkNoise.Refuse(_syncing, line)); // the rest of a former client's reply
        Assert.Null(LinkNoise.Refuse(_freezing, line));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(0)]
    [InlineData(16_000)]
    public void Noise_ends_a_link_after_1_MiB_and_one_that_syncs_after_more_than_any_reply(int bytes)
    {
        Assert.InRange(CostUntilObjection(_ready, bytes), 1 << 20, (1 << 20) + 20_000);
        Assert.InRange(CostUntilObjection(Busy(GuestPing.Request), bytes), 1 << 20, (1 << 20) + 20_000);
        Assert.InRange(CostUntilObjection(_syncing, bytes), 64 << 20, 100 << 20);
        // A late reply, behind which a thaw waits.
        Assert.InRange(CostUntilObjection(new LinkState.Resyncing(1, Heard: null), bytes), 64 << 20, 100 << 20);
    }

    /// <summary>What ends a link that is not trusted is no proof of anything: not that a shutdown was obeyed, either.</summary>
    [Fact]
    public void A_call_on_a_link_that_is_not_trusted_any_more_is_unknown()
    {
        var link = LinkDialogue.Ready();
        link.Send(GuestShutdown.Request(ShutdownMode.Powerdown));
        link.Do(new LinkInput.Distrust("noise"));
        Assert.Equal(new AgentOutcome.Unknown("noise") { By = WaitEnd.Other }, Assert.Single(link.Called));
        Assert.Equal(["noise"], link.Lost);
    }

    private static long CostUntilObjection(LinkState state, int bytes)
    {
        var noise = default(LinkNoise);
        var line = new WireLine(Encoding.ASCII.GetBytes(new string('x', bytes)), false);
        while (noise.Objection(state) is null) noise = noise.And(state, line);
        return noise.Cost;
    }

    private static LinkState.Busy Busy(AgentRequest request) => new(request, Written: true);
}

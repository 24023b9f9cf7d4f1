using System.Text.Json;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Tests.Wire;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>An agent that obeys, and sends more than its replies, over a real socket.</summary>
public sealed class NoisyAgentTests
{
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(20);
    private static readonly string _junk = new string('x', 8000) + "\n";

    public static TheoryData<string> Floods =>
        [_junk, "\n", new string('\u00ff', 4000), new string('x', 4000), "{\"retu\n", "{\"event\": 1}\n"];

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task A_link_that_is_flooded_ends(string flood)
    {
        await using var peer = Obeying(async (peer, command) =>
        {
            if (command == GuestPing.Name) await peer.FloodAsync(flood);
        });
        await using var agent = Connect(peer);
        var closed = new TaskCompletionSource<string>();
        agent.Closed += closed.SetResult;
        Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(_soon));
        await agent.CallAsync(GuestPing.Request, _soon).WaitAsync(_soon);
        Assert.Matches("floods its channel|though nothing was asked|longer than the 64 KiB", await closed.Task.WaitAsync(_soon));
    }

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task Noise_within_its_budget_costs_no_reply(string noise)
    {
        var some = string.Concat(Enumerable.Repeat(noise, 3)) + "\n";
        await using var peer = Obeying(async (peer, _) => await peer.SayAsync(some));
        await using var agent = Connect(peer);
        Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(_soon));
        for (var i = 0; i < 5; i++) Assert.IsType<AgentOutcome.Returned>(await agent.CallAsync(GuestPing.Request, _soon));
    }

    [Theory]
    [MemberData(nameof(Floods))]
    public async Task A_guest_that_floods_its_channel_around_each_reply_is_thawed_all_the_same(string flood)
    {
        var thaws = 0;
        await using var peer = Obeying(async (peer, command) =>
        {
            if (command == GuestFsfreezeThaw.Name && Interlocked.Increment(ref thaws) <= 2) await peer.FloodAsync(flood);
        });
        await using var agent = Connect(peer);
        Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(_soon));
        var settlement = new Settlement(TimeProvider.System);
        List<ThawOutcome> rounds = [await settlement.ThawAsync(agent)];
        while (rounds[^1] is ThawOutcome.NotSettled)
            rounds.Add(await settlement.RoundAsync(agent));
        Assert.Equal(3, rounds.Count);
        Assert.Null(Assert.IsType<ThawOutcome.Settled>(rounds[^1]).Thawed); // whose count it is, nobody knows
    }

    [Fact]
    public async Task A_freeze_behind_which_noise_comes_is_lost_with_its_link_and_thawed()
    {
        await using var peer = Obeying(async (peer, command) =>
        {
            if (command == GuestFsfreezeFreeze.Name) await peer.FloodAsync(_junk);
        });
        await using var agent = Connect(peer);
        await agent.OpenAsync(_soon);
        Assert.Contains(
            "floods", Assert.IsType<AgentOutcome.Unknown>(await agent.CallAsync(GuestFsfreezeFreeze.Request, _soon)).Reason);
        Assert.False(agent.IsOpen);
        Assert.IsType<ThawOutcome.Settled>(await new Settlement(TimeProvider.System).RoundAsync(agent));
    }

    [Fact]
    public async Task The_rest_of_a_former_clients_64_MiB_comes_before_the_sync_and_harms_nothing()
    {
        var rest = new byte[64 << 20];
        rest.AsSpan().Fill((byte)'A');
        await using var peer = Obeying(async (peer, command) =>
        {
            if (command == GuestSyncDelimited.Name) await peer.SayAsync(rest);
        });
        await using var agent = Connect(peer);
        Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(_soon));
    }

    [Fact]
    public async Task A_file_of_48_MiB_is_read_at_once_and_a_longer_reply_than_was_asked_for_is_not()
    {
        var file = new byte[48 << 20];
        Random.Shared.NextBytes(file);
        var reply =
            $$"""{"return": {"count": {{file.Length}}, "buf-b64": "{{Convert.ToBase64String(file)}}", "eof": false} }""" + "\n";
        await using var peer = Obeying(
            async (peer, command) =>
        {
            if (command == GuestFileRead.Name) await peer.SayAsync(reply);
        });
        await using var agent = Connect(peer);
        await agent.OpenAsync(_soon);
        var chunk = await agent.AskAsync(GuestFileRead.Request(1, file.Length), GuestFileRead.Read, _soon);
        Assert.True(file.AsSpan().SequenceEqual(chunk.Bytes));
        var outcome = Assert.IsType<AgentOutcome.Unknown>(await agent.CallAsync(GuestFileRead.Request(1, 1 << 20), _soon));
        Assert.Equal("the reply to guest-file-read is longer than the 1 MiB that it may have", outcome.Reason);
    }

    private static SocketAgent Connect(RawPeer peer) =>
        new(peer.Socket, SocketHold.Exclusive, TimeProvider.System, new Random(1));

    /// <summary>Answers each request as an agent does, behind what the test says first; its sync's reply stands behind a
    /// 0xFF.</summary>
    private static RawPeer Obeying(Func<RawPeer, string, Task> before) => new(async (peer, _) =>
    {
        while (await peer.HearAsync() is { } line)
        {
            using var request = JsonDocument.Parse(line.TrimStart('\u00ff'));
            var command = request.RootElement.GetProperty("execute").GetString()!;
            var arguments = request.RootElement.TryGetProperty("arguments", out var given) ? given.GetRawText() : "";
            await before(peer, command);
            await peer.SayAsync(command switch
            {
                GuestSyncDelimited.Name =>
                    LinkDialogue.Synced(JsonDocument.Parse(arguments).RootElement.GetProperty("id").GetInt64()),
                GuestFsfreezeStatus.Name => "{\"return\": \"thawed\"}\n",
                GuestFsfreezeFreeze.Name or GuestFsfreezeThaw.Name => "{\"return\": 2}\n",
                GuestFileRead.Name => "", // as the test says
                _ => "{\"return\": {}}\n",
            });
        }
    });
}

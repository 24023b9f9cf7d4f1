using System.Diagnostics;
using System.Text;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Wire;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>The agent over real sockets, against a simulated qemu-ga.</summary>
public sealed class SocketAgentTests
{
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Opens_calls_and_closes()
    {
        await using var guest = new OneGuest();
        await using var agent = guest.Connect();
        Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(_soon));
        Assert.True(agent.IsOpen);
        Assert.Equal(Environment.ProcessId, agent.Peer!.Pid);
        Assert.Equal("{}", Json(await agent.CallAsync(GuestPing.Request, _soon)));
        var refused = Assert.IsType<AgentOutcome.Refused>(await agent.CallAsync(new("guest-nonsense"), _soon));
        Assert.True(refused.Error.IsCommandNotFound);
        agent.Close();
        Assert.False(agent.IsOpen);
        Assert.IsType<AgentOutcome.NotSent>(await agent.CallAsync(GuestPing.Request, _soon));
    }

    [Fact]
    public async Task Nothing_but_the_sync_reaches_an_agent_that_does_not_answer_it()
    {
        await using var guest = new OneGuest();
        var mute = guest.Vm.Agent.On("guest-sync-delimited", Act.Silence);
        await using var agent = guest.Connect(SocketHold.PerCommand);
        var call = agent.CallAsync(new("guest-shutdown"), _soon);
        await mute.Reached;
        guest.Time.Advance(_soon);
        Assert.IsType<AgentOutcome.NotSent>(await call);
        Assert.DoesNotContain("guest-shutdown", guest.Vm.Agent.Heard);
    }

    [Fact]
    public async Task What_a_former_client_left_reaches_no_request()
    {
        await using var guest = new OneGuest();
        var left = guest.Vm.Agent.LeaveBehind("AAAA\"}}\n{\"return\": 7}\n\u00ff{\"return\": 12}\n{\"retu");
        await using var agent = guest.Connect();
        Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(_soon));
        await left;
        Assert.Equal("{}", Json(await agent.CallAsync(GuestPing.Request, _soon)));
    }

    [Fact]
    public async Task No_socket_and_nobody_listening_are_told()
    {
        await using var guest = new OneGuest();
        await using var agent = new SocketAgent(guest.Socket + ".none", SocketHold.Exclusive, guest.Time, new Random(1));
        Assert.IsType<OpenOutcome.NoSocket>(await agent.OpenAsync(_soon));
    }

    [Fact]
    public async Task A_time_out_closes_the_link_and_tells_its_owner()
    {
        await using var guest = new OneGuest();
        await using var agent = guest.Connect();
        var closed = new TaskCompletionSource<string>();
        agent.Closed += reason => closed.SetResult(reason);
        await agent.OpenAsync(_soon);
        var mute = guest.Vm.Agent.On("guest-get-osinfo", Act.Silence);
        var call = agent.CallAsync(new("guest-get-osinfo"), _soon);
        await mute.Reached;
        guest.Time.Advance(_soon);
        Assert.IsType<AgentOutcome.Unknown>(await call);
        Assert.Contains("guest-get-osinfo", await closed.Task);
        Assert.False(agent.IsOpen);
        Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(_soon));
    }

    [Fact]
    public async Task An_overdue_freeze_is_harvested_on_the_same_link()
    {
        await using var guest = new OneGuest();
        await using var agent = guest.Connect();
        await agent.OpenAsync(_soon);
        using var hang = guest.Vm.Agent.On("guest-fsfreeze-freeze", Act.Execute, Act.Hang);
        var freeze = agent.CallAsync(GuestFsfreezeFreeze.Request, _soon);
        await hang.Reached;
        guest.Time.Advance(_soon);
        Assert.IsType<AgentOutcome.Unknown>(await freeze);
        Assert.True(agent.IsOpen);
        Assert.IsType<OpenOutcome.NoAnswer>(await agent.OpenAsync(_soon)); // it is not in sync
        Assert.IsType<AgentOutcome.NotSent>(await agent.CallAsync(GuestPing.Request, _soon));
        var resync = agent.ResyncAsync(_soon);
        hang.Release();
        var settled = await resync;
        Assert.True(settled.InSync);
        var frozen = Json(settled.Late!);
        Assert.NotEqual("0", frozen);
        Assert.Equal("\"frozen\"", Json(await agent.CallAsync(GuestFsfreezeStatus.Request, _soon)));
        Assert.Equal(frozen, Json(await agent.CallAsync(GuestFsfreezeThaw.Request, _soon)));
        Assert.Equal(0, guest.Time.Armed);
    }

    [Fact]
    public async Task A_thaw_goes_out_behind_a_command_past_its_limit_and_no_stranger_gets_the_socket()
    {
        await using var guest = new OneGuest();
        await using var agent = guest.Connect();
        await using var other = guest.Connect();
        await agent.OpenAsync(_soon);
        using var hang = guest.Vm.Agent.On("guest-fstrim", Act.Hang);
        var trim = agent.CallAsync(GuestFstrim.Request(), TimeSpan.FromMinutes(10));
        await hang.Reached;
        var queues = other.OpenAsync(TimeSpan.FromHours(1));

        var round = new Settlement(guest.Time).RoundAsync(agent);
        guest.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.IsType<AgentOutcome.Unknown>(await trim);
        Assert.True(agent.IsOpen);
        hang.Release();
        Assert.IsType<ThawOutcome.Settled>(await round);

        Assert.False(queues.IsCompleted);
        Assert.Equal(
            ["guest-sync-delimited", "guest-fstrim", "guest-sync-delimited", "guest-fsfreeze-thaw", "guest-fsfreeze-status"],
            guest.Vm.Agent.Heard
        );
        agent.Close();
        Assert.IsType<OpenOutcome.Ready>(await queues);
        Assert.Equal(0, guest.Time.Armed);
    }

    [Fact]
    public async Task A_sync_behind_a_command_has_its_own_limit_from_where_the_command_ends()
    {
        await using var guest = new OneGuest();
        await using var agent = guest.Connect();
        await agent.OpenAsync(_soon);
        var hang = guest.Vm.Agent.On("guest-fstrim", Act.Hang);
        var trim = agent.CallAsync(GuestFstrim.Request(), TimeSpan.FromMinutes(1));
        await hang.Reached;
        var resync = agent.ResyncAsync(_soon);
        guest.Time.Advance(TimeSpan.FromMinutes(1));
        await trim;
        guest.Time.Advance(_soon - TimeSpan.FromTicks(1));
        Assert.True(agent.IsOpen);
        guest.Time.Advance(TimeSpan.FromTicks(1));
        Assert.False((await resync).InSync);
        Assert.False(agent.IsOpen);
        Assert.Equal(0, guest.Time.Armed);
    }

    [Fact]
    public async Task Close_ends_a_call_in_flight_as_unknown()
    {
        await using var guest = new OneGuest();
        await using var agent = guest.Connect();
        var told = false;
        agent.Closed += _ => told = true;
        await agent.OpenAsync(_soon);
        var hang = guest.Vm.Agent.On("guest-get-osinfo", Act.Hang);
        var call = agent.CallAsync(new("guest-get-osinfo"), _soon);
        await hang.Reached;
        agent.Close();
        Assert.IsType<AgentOutcome.Unknown>(await call);
        Assert.False(told);
    }

    [Fact]
    public async Task The_end_of_qemu_ends_a_call_in_flight()
    {
        await using var guest = new OneGuest();
        await using var agent = guest.Connect();
        var closed = new TaskCompletionSource<string>();
        agent.Closed += reason => closed.SetResult(reason);
        await agent.OpenAsync(_soon);
        guest.Vm.Agent.On("guest-get-osinfo", Act.Disconnect);
        Assert.IsType<AgentOutcome.Unknown>(await agent.CallAsync(new("guest-get-osinfo"), _soon));
        await closed.Task;
    }

    [Fact]
    public async Task Per_command_holds_the_socket_for_one_call_only()
    {
        await using var guest = new OneGuest();
        await using var first = guest.Connect(SocketHold.PerCommand);
        await using var second = guest.Connect(SocketHold.PerCommand);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("{}", Json(await first.CallAsync(GuestPing.Request, _soon)));
            Assert.Equal("{}", Json(await second.CallAsync(GuestPing.Request, _soon)));
        }
        Assert.False(first.IsOpen);
    }

    [Theory]
    [InlineData("guest-ping\"}{\"execute\":\"guest-shutdown", "{}")]
    [InlineData("", "{}")]
    [InlineData("guest-exec", "[]")]
    [InlineData("guest-exec", "{}}{")]
    [InlineData("guest-exec", "{\"a\":\"\u00ff\"}")]
    public async Task What_would_break_the_framing_is_not_sent(string command, string arguments)
    {
        await using var guest = new OneGuest();
        await using var agent = guest.Connect();
        await agent.OpenAsync(_soon);
        Assert.IsType<AgentOutcome.NotSent>(await agent.CallAsync(new(command, Encoding.Latin1.GetBytes(arguments)), _soon));
        Assert.Equal("{}", Json(await agent.CallAsync(GuestPing.Request, _soon)));
    }

    [Fact]
    public async Task Another_client_on_the_socket_is_no_answer()
    {
        await using var guest = new OneGuest();
        await using var first = guest.Connect();
        await using var second = guest.Connect();
        await first.OpenAsync(_soon);
        var open = second.OpenAsync(_soon);
        guest.Time.Advance(_soon);
        Assert.IsType<OpenOutcome.NoAnswer>(await open);
        Assert.Equal("{}", Json(await first.CallAsync(GuestPing.Request, _soon)));
    }

    [Fact]
    public async Task Closing_at_any_moment_completes_every_call_once_and_leaves_nothing_behind()
    {
        await using var guest = new OneGuest();
        await using var agent = guest.Connect();
        for (var i = 0; i < 50; i++)
        {
            var open = i % 3 == 0 ? Task.FromResult(await OpenOrExpireAsync(guest, agent)) : agent.OpenAsync(_soon);
            var call = agent.CallAsync(GuestPing.Request, _soon);
            await Task.WhenAll(Task.Run(agent.Close), Task.Run(agent.Close), open, call);
            Assert.False(agent.IsOpen);
        }
        Assert.Equal(0, guest.Time.Armed);
        // Connections that were closed above may still stand in the socket's backlog, which takes one: they are served first.
        var last = await OpenOrExpireAsync(guest, agent);
        for (
            var start = Stopwatch.GetTimestamp();
            last is not OpenOutcome.Ready && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10);

        )
        {
            await Task.Yield();
            last = await OpenOrExpireAsync(guest, agent);
        }
        Assert.IsType<OpenOutcome.Ready>(last);
    }

    /// <summary>Opens; a connection that nobody serves expires by the test's clock after a while of real time.</summary>
    private static async Task<OpenOutcome> OpenOrExpireAsync(OneGuest guest, SocketAgent agent)
    {
        var open = agent.OpenAsync(_soon);
        if (await Task.WhenAny(open, open.WaitAsync(TimeSpan.FromSeconds(2))) != open) guest.Time.Advance(_soon);
        return await open;
    }

    private static string Json(AgentOutcome outcome) =>
        Encoding.UTF8.GetString(Assert.IsType<AgentOutcome.Returned>(outcome).Json.Span);
}

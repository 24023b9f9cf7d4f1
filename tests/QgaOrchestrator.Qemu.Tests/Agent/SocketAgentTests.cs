using System.Text;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>The agent over real sockets, against a simulated qemu-ga.</summary>
public sealed class SocketAgentTests
{
    private static readonly TimeSpan _soon = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _short = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Opens_calls_and_closes()
    {
        await using var guest = new OneGuest();
        await using var agent = guest.Connect();
        Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(_soon));
        Assert.True(agent.IsOpen);
        Assert.Equal(Environment.ProcessId, agent.Peer!.Pid);
        Assert.Equal("{}", Json(await agent.CallAsync(new("guest-ping"), _soon)));
        Assert.True(Assert.IsType<AgentOutcome.Refused>(await agent.CallAsync(new("guest-nonsense"), _soon)).Error.IsCommandNotFound);
        agent.Close();
        Assert.False(agent.IsOpen);
        Assert.IsType<AgentOutcome.NotSent>(await agent.CallAsync(new("guest-ping"), _soon));
    }

    [Fact]
    public async Task Nothing_but_the_sync_reaches_an_agent_that_does_not_answer_it()
    {
        await using var guest = new OneGuest();
        guest.Vm.Agent.On("guest-sync-delimited", Act.Silence);
        await using var agent = guest.Connect(SocketHold.PerCommand);
        Assert.IsType<AgentOutcome.NotSent>(await agent.CallAsync(new("guest-shutdown"), _short));
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
        Assert.Equal("{}", Json(await agent.CallAsync(new("guest-ping"), _soon)));
    }

    [Fact]
    public async Task No_socket_and_nobody_listening_are_told()
    {
        await using var guest = new OneGuest();
        await using var agent = new SocketAgent(guest.Socket + ".none", SocketHold.Exclusive, TimeProvider.System, new Random(1));
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
        guest.Vm.Agent.On("guest-get-osinfo", Act.Silence);
        Assert.IsType<AgentOutcome.Unknown>(await agent.CallAsync(new("guest-get-osinfo"), _short));
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
        var freeze = new AgentRequest("guest-fsfreeze-freeze") { KeepLinkWhenOverdue = true };
        Assert.IsType<AgentOutcome.Unknown>(await agent.CallAsync(freeze, _short));
        Assert.True(agent.IsOpen);
        var resync = agent.ResyncAsync(_soon);
        hang.Release();
        var settled = await resync;
        Assert.True(settled.InSync);
        Assert.NotEqual("0", Json(settled.Late!));
        Assert.Equal("\"frozen\"", Json(await agent.CallAsync(new("guest-fsfreeze-status"), _soon)));
        Assert.NotEqual("0", Json(await agent.CallAsync(new("guest-fsfreeze-thaw"), _soon)));
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
            Assert.Equal("{}", Json(await first.CallAsync(new("guest-ping"), _soon)));
            Assert.Equal("{}", Json(await second.CallAsync(new("guest-ping"), _soon)));
        }
        Assert.False(first.IsOpen);
    }

    private static string Json(AgentOutcome outcome) =>
        Encoding.UTF8.GetString(Assert.IsType<AgentOutcome.Returned>(outcome).Json.Span);
}

using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>Calls that throw: what was asked, what came of it, and whether it may have happened.</summary>
public sealed class AgentCallsTests
{
    [Fact]
    public async Task A_path_without_a_socket_is_named()
    {
        await using var guest = new OneGuest();
        var path = guest.Socket + ".none";
        var failed = await Assert.ThrowsAsync<AgentException>(() => SocketAgent.ConnectAsync(path, guest.Time, new Random(1)));
        Assert.Equal($"{path}: no such socket", failed.Message);
        Assert.False(failed.MayHaveHappened);
    }

    [Fact]
    public async Task An_agent_that_does_not_answer_is_told_with_what_may_be_the_reason()
    {
        await using var guest = new OneGuest();
        var mute = guest.Vm.Agent.On("guest-sync-delimited", Act.Silence);
        var connect = SocketAgent.ConnectAsync(guest.Socket, guest.Time, new Random(1), TimeSpan.FromSeconds(3));
        await mute.Reached;
        guest.Time.Advance(TimeSpan.FromSeconds(3));
        var failed = await Assert.ThrowsAsync<AgentException>(() => connect);
        Assert.Equal(
            $"{guest.Socket}: no answer to the sync within 3 s: no agent runs in the guest, or another client holds the socket",
            failed.Message);
        Assert.Equal(0, guest.Time.Armed);
    }

    [Fact]
    public async Task Documented_replies_are_read()
    {
        await using var guest = new OneGuest();
        await using var agent = await SocketAgent.ConnectAsync(guest.Socket, guest.Time, new Random(1));
        Assert.Equal("debian", (await agent.AskAsync(GuestGetOsinfo.Request, GuestGetOsinfo.Read)).Id);
        Assert.Equal(FreezeStatus.Thawed, await agent.AskAsync(GuestFsfreezeStatus.Request, GuestFsfreezeStatus.Read));
    }

    [Fact]
    public async Task A_command_waits_as_long_as_its_kind_takes()
    {
        await using var guest = new OneGuest();
        await using var agent = await SocketAgent.ConnectAsync(guest.Socket, guest.Time, new Random(1));
        var mute = guest.Vm.Agent.On("guest-ping", Act.Silence);
        var ping = agent.AskAsync(GuestPing.Request);
        await mute.Reached;
        guest.Time.Advance(GuestPing.Spec.DefaultTimeout(default));
        var failed = await Assert.ThrowsAsync<AgentException>(() => ping);
        Assert.Equal("guest-ping may have happened: no reply to guest-ping within 5 s", failed.Message);
        Assert.True(failed.MayHaveHappened);

        var closed = await Assert.ThrowsAsync<AgentException>(() => agent.AskAsync(GuestPing.Request));
        Assert.Equal("guest-ping was not sent: the link is not open", closed.Message);
        Assert.Null(closed.Error);
    }
}

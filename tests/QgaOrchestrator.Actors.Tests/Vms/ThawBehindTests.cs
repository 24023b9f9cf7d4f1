using System.Net.Sockets;
using Akka.Actor;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>
/// A thaw that finds a command in flight goes out behind it on the same link. Another client waits in the socket's backlog all
/// the while: it is served only by whoever closes that link.
/// </summary>
public class ThawBehindTests : OneHost
{
    [Fact]
    public async Task A_thaw_goes_out_behind_a_command_past_its_limit_and_no_stranger_gets_the_socket()
    {
        var hang = Vm.Agent.On("guest-fstrim", Act.Hang).Once();
        await StartAsync();
        var trim = CallAsync("guest-fstrim", options: new CallOptions(Timeout: TimeSpan.FromMilliseconds(300)));
        await hang.Reached.WaitAsync(Limit);
        using var queues = await QueueAsync();

        var thaw = CallAsync("guest-fsfreeze-thaw");
        Assert.IsType<CallReply.Unknown>(await trim);
        hang.Release();

        Assert.Equal("0", Text(await thaw));
        Assert.Equal(
            ["guest-fstrim", "guest-sync-delimited", "guest-fsfreeze-status", "guest-fsfreeze-thaw"],
            Vm.Agent.Heard.SkipWhile(command => command != "guest-fstrim"));
        NobodyElseWasServed(queues);
    }

    [Fact]
    public async Task A_process_that_starts_slowly_keeps_its_reply_and_the_thaw_follows_it()
    {
        var hang = Vm.Agent.On("guest-exec", Act.Hang, Act.Execute).Once();
        await StartAsync();
        var exec = CallAsync("guest-exec", """{"path":"/bin/true"}""");
        await hang.Reached.WaitAsync(Limit);
        using var queues = await QueueAsync();

        var thaw = CallAsync("guest-fsfreeze-thaw", options: new CallOptions(Force: true));
        hang.Release();

        Assert.Contains("pid", Text(await exec), StringComparison.Ordinal);
        Assert.Equal("0", Text(await thaw));
        NobodyElseWasServed(queues);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_adopted_window_is_thawed_on_the_link_that_is_open_behind_a_command_or_not(bool inFlight)
    {
        await StartAsync();
        await CallAsync("guest-fsfreeze-freeze");
        using var queues = await QueueAsync();
        var window = await Sys.ActorSelection($"{Vms.Path}/{Id.Entity}/window-*").ResolveOne(Limit);
        if (inFlight)
        {
            var thaw = Vm.Agent.On("guest-fsfreeze-thaw", Act.Hang, Act.Execute).Once();
            _ = CallAsync("guest-fsfreeze-thaw");
            await thaw.Reached.WaitAsync(Limit);
            await window.GracefulStop(Limit, Kill.Instance);
            thaw.Release();
        }
        else
        {
            await window.GracefulStop(Limit, Kill.Instance);
        }

        await Vm.Guest.WhenThawed().WaitAsync(Limit);
        Assert.Null(await EntryAsync(entry => entry is null));
        NobodyElseWasServed(queues);
    }

    private async Task<Socket> QueueAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Vm.AgentPath));
        await socket.SendAsync("{\"execute\":\"guest-get-load\"}\n"u8.ToArray());
        return socket;
    }

    private void NobodyElseWasServed(Socket queues)
    {
        Assert.Equal(0, queues.Available);
        Assert.DoesNotContain("guest-get-load", Vm.Agent.Heard);
        Assert.Single(Simulated.Journal.All, fact => fact.Kind == "connect" && fact.Detail == "agent");
    }

    private static string Text(CallReply reply) =>
        System.Text.Encoding.UTF8.GetString(Assert.IsType<CallReply.Returned>(reply).Json.Span);
}

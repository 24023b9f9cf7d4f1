namespace QgaOrchestrator.Simulator.Tests;

/// <summary>What happens to a whole VM, and to a fleet of them.</summary>
public sealed class VmTests : Fleet
{
    private const string Ping = """{"execute": "guest-ping"}""";

    [Fact]
    public async Task A_restarted_VM_is_the_same_VM_in_a_new_process()
    {
        var old = Vm;
        old.Guest.FreezeBySomebodyElse();
        using var host = await Peer.Connect(old.AgentPath);
        var anew = await Vms.Restart("vm001");

        await Assert.ThrowsAnyAsync<Exception>(host.Line);
        Assert.Equal(old.Uuid, anew.Uuid);
        using var again = await Peer.Connect(anew.AgentPath);
        Assert.Equal("""{"return": "thawed"}""", await again.Ask("""{"execute": "guest-fsfreeze-status"}"""));
    }

    [Fact]
    public async Task A_socket_can_vanish_and_come_back()
    {
        await Vm.Monitor.CloseSocket();
        Assert.False(File.Exists(Vm.MonitorPath));
        Vm.Monitor.OpenSocket();
        using var qmp = await Peer.ConnectMonitor(Vm);
        Assert.Equal("vm001", (await qmp.Call("query-name"))["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_main_loop_that_stands_still_answers_on_neither_socket()
    {
        var hang = Vm.HangMainLoop();
        using var qmp = await Peer.Connect(Vm.MonitorPath);
        using var host = await Peer.Connect(Vm.AgentPath);
        await host.Send(Ping);
        await Vms.Journal.Until(fact => fact is { Kind: "connect", Detail: "monitor" });
        Assert.True(host.IsSilent && qmp.IsSilent);
        hang.Dispose();
        Assert.Equal("{\"return\": {}}\n", await host.Line());
        Assert.StartsWith("{\"QMP\"", await qmp.Line(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replies_to_a_former_client_come_before_the_first_reply()
    {
        var left = Vm.Agent.LeaveBehind("ale\"}\n");
        using var host = await Peer.Connect(Vm.AgentPath);
        await host.Send(Ping);
        Assert.Equal("ale\"}\n", await host.Line());
        Assert.Equal("{\"return\": {}}\n", await host.Line());
        await left;
    }

    [Fact]
    public async Task Two_hundred_VMs_freeze_at_once_and_each_fact_names_its_process()
    {
        for (var i = 1; i < 200; i++) Vms.Add();
        await Task.WhenAll(Vms.Vms.Select(async vm =>
        {
            using var host = await Peer.Connect(vm.AgentPath);
            await host.Ask("""{"execute": "guest-fsfreeze-freeze"}""");
        }));
        Assert.Equal(200, Vms.FrozenNow);
        Assert.All(
            Vms.Journal.All.Where(fact => fact.Kind == "freeze"), fact => Assert.Equal(Environment.ProcessId, fact.By.Pid));
    }
}

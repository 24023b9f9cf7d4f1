using QgaOrchestrator.Api;
using QgaOrchestrator.Simulator;
using QgaOrchestrator.Simulator.Tests;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Where other tools speak to the same VMs (Proxmox), a socket is held for a command, and for a whole window.</summary>
public sealed class SharedSocketsTests
{
    private const int Vms = 10;

    [Fact]
    public async Task Per_command_the_sockets_are_free_between_commands_and_held_within_a_window()
    {
        await using var lab = await SimulatedLab.StartAsync(Vms, null, null, "--Fleet:Sources:0:Hold=per-command");
        await lab.WaitForReadyAsync(Vms);
        await OthersAreServedAsync(lab.Fleet.Vms[0]);

        var (run, items) = await lab.BackupAsync();

        Assert.True(run.State == RunStates.Succeeded, string.Join('\n', items.Values));
        Assert.All(lab.Fleet.Cuts, cut => Assert.True(cut.Frozen));
        Assert.All(
            lab.Fleet.Vms, vm => Assert.DoesNotContain(InWindow(lab.Fleet, vm), fact => fact.Kind is "connect" or "disconnect"));
        await OthersAreServedAsync(lab.Fleet.Vms[0]);
        await lab.AssertNothingLeftAsync(Vms);
    }

    private static IEnumerable<Fact> InWindow(SimulatedFleet fleet, SimulatedVm vm) =>
        fleet.Journal.All.Where(fact => fact.Vm == vm.Name)
            .SkipWhile(fact => fact.Kind != "freeze").TakeWhile(fact => fact.Kind != "thaw");

    private static async Task OthersAreServedAsync(SimulatedVm vm)
    {
        using var agent = await Peer.Connect(vm.AgentPath);
        Assert.Equal("""{"return": 42}""", await agent.Ask("""{"execute": "guest-sync", "arguments": {"id": 42}}"""));
        using var monitor = await Peer.ConnectMonitor(vm);
        Assert.Equal("running", (string?)(await monitor.Call("query-status"))["status"]);
    }
}

using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>VMs come and go while the node runs, and no call announces them.</summary>
public sealed class DiscoveryTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_new_VM_is_ready_soon_and_one_that_ended_is_gone()
    {
        await using var lab = await SimulatedLab.StartAsync(2);
        await lab.WaitForReadyAsync(2);

        lab.Fleet.Add("late");
        await UntilAsync(lab, vms => vms.TryGetValue("late", out var vm) && vm.Agent.State == AgentStates.Ready);
        var (_, items) = await lab.BackupAsync(select: "name=late");
        Assert.Equal(ItemStates.Succeeded, Assert.Single(items).Value.State);

        await lab.Fleet["vm001"].End();
        await UntilAsync(lab, vms => !vms.ContainsKey("vm001"));
        await lab.Fleet.Restart("vm001");
        await UntilAsync(lab, vms => vms.TryGetValue("vm001", out var vm) && vm.Agent.State == AgentStates.Ready);
    }

    private static Task<string> UntilAsync(SimulatedLab lab, Func<IReadOnlyDictionary<string, Vm>, bool> holds) =>
        Poll.ForAsync("change of the fleet", Soon, async () => holds(await lab.VmsAsync()) ? "seen" : null);
}

using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>A consistency group whose node is killed inside its window.</summary>
[Collection(nameof(EndedNode))]
public sealed class GroupKillTests(EndedNode ended)
{
    [Theory]
    [InlineData("freeze", 3)]
    [InlineData("cut", 1)]
    [InlineData("cut", 4)]
    [InlineData("thaw", 2)]
    public async Task A_node_killed_in_a_groups_window_leaves_no_guest_frozen_and_makes_the_point(
        string fact,
        int nth
    )
    {
        await using var lab = await ended.StartAsync(4, groupSize: 4);
        await lab.WaitForReadyAsync(4);
        var killed = lab.SignalAt(HostProcess.SigKill, nth, seen => seen.Kind == fact);
        var run = lab.BeginBackup();
        await killed;
        await lab.WaitForThawAsync();

        await lab.Node.WaitForEndAsync();
        await lab.Node.StartAgainAsync();

        Assert.Equal(RunStates.Succeeded, (await lab.EndOfAsync(await run())).State);
        Assert.All(lab.Fleet.Vms, vm => Assert.True(vm.Cuts[^1].Frozen));
        await lab.AssertNothingLeftAsync(4);
    }
}

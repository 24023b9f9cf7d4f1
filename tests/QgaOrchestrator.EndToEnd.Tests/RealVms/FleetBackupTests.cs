using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Tests;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>The main job with real QEMU, real agents and the real programs.</summary>
[Collection(nameof(RealVmTests))]
public sealed class FleetBackupTests(RealVmTests shared)
{
    [SkippableFact]
    public async Task A_fleet_is_backed_up_while_it_writes_and_every_point_restores_to_what_was_synced()
    {
        await using var lab = await RealVmLab.OpenAsync();
        RealVm[] vms = [await lab.StartAsync("fleet1"), await lab.StartAsync("fleet2"), await lab.StartAsync("fleet3")];
        var graphs = await Task.WhenAll(vms.Select(Guests.BlockGraphAsync));
        await using (var shown = await shared.ShowAsync(vms))
        {
            var node = shown.Node;
            await node.WaitForVmsAsync(vms.Length);

            var run = await node.CtlAsync("backup", "run", "--select", "*");

            Assert.True(run.ExitCode == 0, run.Output + run.Error);
            var points = (await node.AskAsync("point", "list"))["items"]!.AsArray()
                .Where(point => vms.Any(vm => point!.IsOf(vm))).ToList();
            Assert.Equal(vms.Length, points.Count);
            foreach (var vm in vms)
            {
                var point = Assert.Single(points, point => point!.IsOf(vm))!;
                Assert.Contains((string?)point["class"], new[] { "application", "filesystem" });
                await Points.AssertRestoresAsync(node, vm, point, lab.Folder);
                await vm.Synced.WritesAfterAsync(vm.Synced.Latest, Guests.Limit);
            }
        }
        Assert.Equal(graphs, await Task.WhenAll(vms.Select(Guests.BlockGraphAsync)));
    }
}

using QgaOrchestrator.Api;
using QgaOrchestrator.EndToEnd.Tests.RealVms;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Libvirt;

/// <summary>Backups of a domain of a real libvirtd, by its backup API.</summary>
[Collection(nameof(LibvirtNode))]
public sealed class LibvirtBackupTests(LibvirtNode host)
{
    private NodeProcess Node => host.Node;

    private LibvirtVm Vm => host.Vm;

    [SkippableFact]
    public async Task A_domains_point_is_of_class_filesystem_and_restores_and_nothing_is_left()
    {
        await host.ReadyAsync();
        var nodes = await host.NodesAsync();
        var run = await Node.WaitForRunAsync(await Node.StartBackupAsync());
        await AssertIsWholeAsync(Node, run);
        Assert.Equal(nodes, await host.NodesAsync());
    }

    [SkippableFact]
    public async Task Through_the_monitor_that_libvirt_passes_on_a_point_is_as_good()
    {
        await host.ReadyAsync();
        var nodes = await host.NodesAsync();
        await Node.StopAsync();
        await using (var node = await NodeProcess.StartAsync(
            Path.Combine(Vm.Directory, "node"), "", [], null, new { Kind = "libvirt", Cut = "monitor" }, host.Libvirt.Enter))
        {
            await node.WaitForVmsAsync(1);
            await Poll.ForAsync("running VM", Guests.Limit, async () =>
                (string?)(await node.AskAsync("vm", "show", Vm.Name))["monitor"]!["state"] == "running" ? "yes" : null);
            await AssertIsWholeAsync(node, await node.WaitForRunAsync(await node.StartBackupAsync()));
            await node.StopAsync();
        }
        Assert.Equal(nodes, await host.NodesAsync());
        await Node.StartAgainAsync();
    }

    [SkippableFact]
    public async Task A_backup_of_somebody_else_is_told_before_the_freeze_and_not_ended()
    {
        await host.ReadyAsync();
        var frozen = Vm.Synced.Hooks.Count;
        var xml = Path.Combine(Vm.Directory, "pull.xml");
        await File.WriteAllTextAsync(xml, $"""
            <domainbackup mode='pull'><server transport='unix' socket='{Vm.Directory}/pull.sock'/><disks>
            <disk name='vda' backup='yes' type='file'><scratch file='{Vm.Directory}/scratch'/></disk>
            <disk name='sda' backup='no'/></disks></domainbackup>
            """);
        await host.Libvirt.VirshAsync("backup-begin", Vm.Name, xml);
        var run = await Node.StartBackupAsync();
        Assert.Equal("failed", (await Node.WaitForRunAsync(run)).State);
        var shown = await Node.CtlAsync("run", "show", run);
        Assert.Contains("libvirt is at another job on the VM", shown.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains("pull", await host.Libvirt.VirshAsync("backup-dumpxml", Vm.Name), StringComparison.Ordinal);
        Assert.Equal(frozen, Vm.Synced.Hooks.Count);
        await host.Libvirt.VirshAsync("domjobabort", Vm.Name);
    }

    private async Task AssertIsWholeAsync(NodeProcess node, Run run)
    {
        Assert.True(run.State == "succeeded", File.ReadAllText(Path.Combine(node.Folder, "qgad.log")));
        var point = (await node.AskAsync("point", "list"))["items"]!.AsArray().Single(point => (string?)point!["run"] == run.Id)!;
        Assert.Equal("filesystem", (string?)point["class"]);
        await Points.AssertRestoresAsync(node, Vm.Synced, point, Path.Combine(node.Folder, "restored", run.Id));
        Assert.Null(await host.LeftAsync());
    }
}

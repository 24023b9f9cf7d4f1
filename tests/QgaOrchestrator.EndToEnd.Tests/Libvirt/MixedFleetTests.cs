using QgaOrchestrator.Api;
using QgaOrchestrator.EndToEnd.Tests.RealVms;
using QgaOrchestrator.EndToEnd.Tests.Simulated;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Tests;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Libvirt;

/// <summary>Kinds of hosts mix in one fleet: a VM of plain sockets and one of libvirt are real, one of Proxmox is
/// simulated.</summary>
[Collection(nameof(LibvirtNode))]
public sealed class MixedFleetTests(LibvirtNode host)
{
    private const string OnProxmox = "100";

    [SkippableFact]
    public async Task One_run_backs_up_VMs_of_three_kinds_and_two_of_them_at_one_instant()
    {
        await host.ReadyAsync();
        await using var lab = await RealVmLab.OpenAsync();
        var plain = await lab.StartAsync("plain1");
        await using var fleet = new SimulatedFleet(Path.Combine(lab.Folder, "pve-vms"), 1, new() { Name = _ => OnProxmox });
        var proxmox = new FakeProxmox(Path.Combine(lab.Folder, "pve"));
        proxmox.Write(100, "name: web\n");
        proxmox.Start(100, fleet.Vms[0]);
        await host.Node.StopAsync();

        await using var node = await StartNodeAsync(lab.Folder, proxmox);
        await node.WaitForVmsAsync(3);
        await Poll.ForAsync("running domain", Guests.Limit, async () =>
            (string?)(await node.AskAsync("vm", "show", host.Vm.Name))["monitor"]!["state"] == "running" ? "yes" : null);
        var run = await node.WaitForRunAsync(await node.StartBackupAsync());
        Assert.True(
            run is { State: RunStates.Succeeded, Items.Succeeded: 3 }, File.ReadAllText(Path.Combine(node.Folder, "qgad.log")));

        using var client = node.Client();
        var points = (await SimulatedLab.ListAsync(client.ListPointsAsync())).ToDictionary(point => point.Vm.Split('/')[^1]);
        Assert.Equal([OnProxmox, host.Vm.Name, plain.Name], points.Keys.Order(StringComparer.Ordinal));
        Point[] together = [points[host.Vm.Name], points[plain.Name]];
        Assert.All(together, point => Assert.Equal(("filesystem", together[0].Group), (point.Class, point.Group)));
        Assert.NotNull(together[0].Group);
        Assert.Null(points[OnProxmox].Group);
        // Both were frozen before the first was cut, and each until its own cut: all hold the instant of the first.
        Assert.True(together.Max(point => point.Proof.FrozenAt) <= together.Min(point => point.Proof.CutAt));
        Assert.All(together, point => Assert.True(point.Proof is { SkewMs: >= 0 } proof && proof.CutAt <= proof.ThawedAt));

        var listed = (await node.AskAsync("point", "list"))["items"]!.AsArray();
        foreach (var (name, log) in new[] { (host.Vm.Name, host.Vm.Synced), (plain.Name, plain.Synced) })
            await Points.AssertRestoresAsync(
                node, log, listed.Single(point => (string?)point!["id"] == points[name].Id)!, Path.Combine(lab.Folder, "to", name));
        await node.StopAsync();
        Assert.Null(proxmox.LockOf(100));
        Assert.Null(await host.LeftAsync());
    }

    private Task<NodeProcess> StartNodeAsync(string folder, FakeProxmox proxmox)
    {
        var file = Path.Combine(folder, "fleet.json");
        File.WriteAllText(
            file, $$"""{ "Vms": [ { "Name": "{{host.Vm.Name}}", "Group": "shop" }, { "Name": "plain1", "Group": "shop" } ] }""");
        return NodeProcess.StartAsync(
            Path.Combine(folder, "node"), "", [$"--Fleet:File={file}"],
            new Dictionary<string, string>
            {
                ["PATH"] = $"{Path.GetDirectoryName(proxmox.Qm)}:{Environment.GetEnvironmentVariable("PATH")}",
            },
            new object[]
            {
                new { Kind = "libvirt" },
                new { Kind = "sockets", Agent = folder + "/{vm}/qga.sock", Monitor = folder + "/{vm}/qmp.sock" },
                new { Kind = "proxmox", proxmox.Config, proxmox.Sockets },
            },
            host.Libvirt.Enter);
    }
}

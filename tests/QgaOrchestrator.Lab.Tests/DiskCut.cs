using System.Text.Json.Nodes;

namespace QgaOrchestrator.Lab.Tests;

/// <summary>Copies both disks as they are at one instant, by the monitor's own means; with a freeze around it or
/// without.</summary>
internal static class DiskCut
{
    public static async Task<string[]> TakeAsync(RealVm vm, string folder, bool frozen)
    {
        using var monitor = await LabMonitor.ConnectAsync(vm.Monitor);
        using var agent = await LabAgent.ConnectAsync(vm.Agent, TimeSpan.FromSeconds(10));
        string[] images = [Path.Combine(folder, $"{vm.Name}-0.qcow2"), Path.Combine(folder, $"{vm.Name}-1.qcow2")];
        foreach (var (disk, image) in images.Index())
        {
            await Tool.MustAsync("qemu-img", "create", "-f", "qcow2", image, "64M");
            await monitor.CallAsync("blockdev-add", new JsonObject
            {
                ["driver"] = "qcow2",
                ["node-name"] = $"target{disk}",
                ["file"] = new JsonObject { ["driver"] = "file", ["filename"] = image },
            });
        }

        if (frozen)
            Assert.Equal(2, (int)(await agent.CallAsync("guest-fsfreeze-freeze"))!);
        await monitor.CallAsync(
            "transaction", new JsonObject { ["actions"] = new JsonArray([.. images.Index().Select(i => Backup(i.Index))]) });
        if (frozen)
            Assert.Equal(2, (int)(await agent.CallAsync("guest-fsfreeze-thaw"))!);

        foreach (var (disk, _) in images.Index())
        {
            var end = await monitor.EventAsync("BLOCK_JOB_COMPLETED", data => (string?)data["device"] == $"copy{disk}");
            Assert.Null(end["error"]);
            await monitor.CallAsync("blockdev-del", new JsonObject { ["node-name"] = $"target{disk}" });
        }
        return images;
    }

    private static JsonObject Backup(int disk) => new()
    {
        ["type"] = "blockdev-backup",
        ["data"] = new JsonObject
        {
            ["job-id"] = $"copy{disk}",
            ["device"] = $"disk{disk}",
            ["target"] = $"target{disk}",
            ["sync"] = "full",
        },
    };
}

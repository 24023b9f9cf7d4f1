using System.Text.Json.Nodes;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>Recovery points, as qgactl prints them.</summary>
internal static class Points
{
    public static bool IsOf(this JsonNode point, RealVm vm) => ((string)point["vm"]!).Split('/')[^1] == vm.Name;

    /// <summary>Every disk of these points, restored, holds what the guest had synced before its last freeze.</summary>
    public static Task AssertRestoresAsync(NodeProcess node, RealVm vm, JsonNode point, string folder) =>
        AssertRestoresAsync(node, vm.Synced, point, Path.Combine(folder, "restored", vm.Name));

    /// <param name="log">What the guest said it had on disk.</param>
    /// <param name="to">Where to.</param>
    public static async Task AssertRestoresAsync(NodeProcess node, SyncedLog log, JsonNode point, string to)
    {
        var restored = await node.AskAsync("point", "restore", (string)point["id"]!, "--to", to);
        var synced = log.Hooks.Last(hook => hook.What == "freeze").Numbers;
        var images = restored["images"]!.AsArray();
        Assert.Equal(2, images.Count);
        foreach (var (disk, image) in images.Index())
        {
            var report = await ImageCheck.RunAsync((string)image!["file"]!, synced[disk]);
            Assert.True(report.Passed, report.ToString());
        }
    }
}

using System.Text.Json.Nodes;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>What a test looks at without the node.</summary>
internal static class Guests
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Between the freeze hook's call and the thaw hook's: frozen, or about to be.</summary>
    public static bool IsFrozen(this RealVm vm) => vm.Synced.Hooks is [.., { What: "freeze" }];

    /// <summary>Names of block nodes and jobs, as QEMU has them now; the node must not hold the monitor.</summary>
    public static async Task<string> BlockGraphAsync(RealVm vm)
    {
        using var monitor = await LabMonitor.ConnectAsync(vm.Monitor);
        var nodes = (await monitor.CallAsync("query-named-block-nodes", new JsonObject { ["flat"] = true }))!.AsArray()
            .Select(node => (string)node!["node-name"]!)
            .Select(name => name.StartsWith('#') ? "#" : name) // numbered by QEMU
            .Order(StringComparer.Ordinal);
        var jobs = (await monitor.CallAsync("query-jobs"))!.AsArray().Select(job => (string?)job!["id"]);
        return $"nodes: {string.Join(' ', nodes)}, jobs: {string.Join(' ', jobs)}";
    }
}

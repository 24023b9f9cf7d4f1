using System.Text.Json.Nodes;
using QgaOrchestrator.EndToEnd.Tests.RealVms;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.EndToEnd.Tests.Libvirt;

/// <summary>What a node leaves with a domain.</summary>
internal static class LibvirtRemains
{
    /// <summary>What is of ours in libvirt, in QEMU and in the ledger; null: nothing.</summary>
    public static async Task<string?> LeftAsync(this LibvirtNode host)
    {
        var (libvirt, vm) = (host.Libvirt, host.Vm.Name);
        if (await libvirt.TryVirshAsync("backup-dumpxml", vm) is { ExitCode: 0, Output: var job }) return job;
        if (await host.HoldsUnbegunAsync()) return "a job that libvirt cannot describe";
        var xml = await libvirt.VirshAsync("dumpxml", vm);
        if (xml.Contains("urn:qgaorchestrator", StringComparison.Ordinal)) return xml;
        if ((await libvirt.VirshAsync("checkpoint-list", vm, "--name")).Trim() is { Length: > 0 } checkpoints) return checkpoints;
        if (await host.AskQemuAsync("query-jobs") is [_, ..] jobs) return jobs.ToJsonString();
        var ledger = FreezeLedger.At(host.Node.Ledger).ReadAll();
        return ledger.Entries.Count + ledger.Damaged.Count > 0 ? "an entry in the ledger" : null;
    }

    /// <summary>Whether the daemon holds a backup that another daemon was ended over while it began it.</summary>
    public static async Task<bool> HoldsUnbegunAsync(this LibvirtNode host) =>
        (await host.Libvirt.TryVirshAsync("domjobinfo", host.Vm.Name)).ExitCode != 0;

    /// <summary>QEMU's block nodes, as many as it has.</summary>
    public static async Task<int> NodesAsync(this LibvirtNode host) =>
        (await host.AskQemuAsync("query-named-block-nodes", """{"flat":true}""")).Count;

    /// <summary>Waits until nothing is left.</summary>
    public static async Task HasNothingLeftAsync(this LibvirtNode host)
    {
        string? left = null;
        await Poll.ForAsync("sweep", Guests.Limit, async () => (left = await host.LeftAsync()) is null ? "done" : null,
            () => $"{left}\n{File.ReadAllText(Path.Combine(host.Node.Folder, "qgad.log"))}");
    }

    private static async Task<JsonArray> AskQemuAsync(this LibvirtNode host, string command, string arguments = "{}") =>
        JsonNode.Parse(await host.Libvirt.VirshAsync(
            "qemu-monitor-command", host.Vm.Name, $$"""{"execute":"{{command}}","arguments":{{arguments}}}"""))!["return"]!
            .AsArray();
}

using System.Text.Json.Nodes;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Tests;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>qgactl backup check in front of real VMs: one that is paused, one that somebody else froze, one that is
/// fit.</summary>
[Collection(nameof(RealVmTests))]
public sealed class CheckTests(RealVmTests shared)
{
    [SkippableFact]
    public async Task A_check_reports_the_faults_of_a_real_VM_and_leaves_a_fit_one_unchanged()
    {
        await using var lab = await RealVmLab.OpenAsync();
        RealVm[] vms = [await lab.StartAsync("paused"), await lab.StartAsync("frozen"), await lab.StartAsync("fit")];
        var graph = await Guests.BlockGraphAsync(vms[2]);
        using (var monitor = await LabMonitor.ConnectAsync(vms[0].Monitor)) await monitor.CallAsync("stop");
        using (var agent = await LabAgent.ConnectAsync(vms[1].Agent, Guests.Limit))
            await agent.CallAsync("guest-fsfreeze-freeze");
        await using (var shown = await shared.ShowAsync(vms))
        {
            var node = shown.Node;
            await node.WaitForVmsAsync(2);

            var items = await CheckAsync(node);
            AssertFailed(items["paused"], "it is paused", "Start or resume it");
            AssertFailed(items["frozen"], "frozen by somebody else", "qgactl thaw frozen --force");
            Assert.Equal("succeeded", (string?)items["fit"]["state"]);
            Assert.True(vms[1].IsFrozen(), "what somebody else froze is theirs to thaw");

            // A path in which not even root may make a directory.
            var refused = (await CheckAsync(node, "--target", "/proc/qga"))["fit"];
            AssertFailed(refused, "/proc/qga", "write access to the target");
        }

        using (var agent = await LabAgent.ConnectAsync(vms[1].Agent, Guests.Limit)) await agent.CallAsync("guest-fsfreeze-thaw");
        Assert.Equal(graph, await Guests.BlockGraphAsync(vms[2]));
        await vms[2].Synced.WritesAfterAsync(vms[2].Synced.Latest, Guests.Limit);
    }

    private static async Task<Dictionary<string, JsonNode>> CheckAsync(NodeProcess node, params string[] options)
    {
        var run = (string)(await node.AskAsync(["backup", "check", "--detach", .. options]))["id"]!;
        await node.WaitForRunAsync(run);
        return (await node.AskAsync("run", "show", run))["items"]!.AsArray().ToDictionary(
            item => ((string)item!["vm"]!).Split('/')[^1], item => item!);
    }

    private static void AssertFailed(JsonNode item, string reason, string remedy)
    {
        Assert.Equal("failed", (string?)item["state"]);
        Assert.Contains(reason, (string?)item["reason"], StringComparison.Ordinal);
        Assert.Contains(remedy, (string?)item["remedy"], StringComparison.Ordinal);
    }
}

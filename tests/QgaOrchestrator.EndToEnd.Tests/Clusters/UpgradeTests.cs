using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>A cluster whose nodes are replaced by another version, one host after another, while it works: tests/upgrade.</summary>
public sealed class UpgradeTests
{
    private const int VmsOfAHost = 3, Vms = 3 * VmsOfAHost;

    private readonly List<ClusterNode> _nodes = [];

    [SkippableFact]
    public async Task Upgraded_and_rolled_back_host_by_host_inside_runs_each_guest_has_its_points()
    {
        var previous = Environment.GetEnvironmentVariable("QGA_PREVIOUS");
        Skip.If(previous is null, "it needs the qgad of an earlier version: tests/upgrade COMMIT");
        await using var lab = await ClusterLab.MakeAsync();
        foreach (var number in new[] { 1, 2, 3 })
            _nodes.Add(await lab.NodeAsync(
                number, vms: VmsOfAHost, options: new FleetOptions { CopyTime = TimeSpan.FromSeconds(1) }));
        foreach (var node in _nodes) node.Program = previous!;
        await Task.WhenAll(_nodes.Select(node => node.StartAsync()));
        foreach (var node in _nodes) await ReadyAsync(node);

        foreach (var version in new[] { Programs.Node, previous!, Programs.Node })
            foreach (var node in _nodes)
                await ReplaceAsync(node, version);
    }

    /// <summary>In the middle of a run that this node began: another one, of whichever version, goes on with it.</summary>
    private async Task ReplaceAsync(ClusterNode node, string version)
    {
        using var client = node.Client();
        var run = await client.StartRunAsync(new RunRequest("backup", "*", new JsonObject { ["maxParallelPerHost"] = 1 }));
        var other = _nodes.First(one => one != node);
        var watcher = new RunWatcher(run.Id);
        await watcher.WatchAsync(other, 1);

        node.Signal(HostProcess.SigTerm);
        Assert.Equal(0, await node.EndAsync());
        Assert.Equal(0, node.Fleet.FrozenNow);
        node.Program = version;
        await node.StartAsync();
        foreach (var one in _nodes) await ReadyAsync(one);

        await watcher.WatchAsync(other, int.MaxValue);
        Assert.True(watcher.Succeeded.Count == Vms, $"{watcher.Succeeded.Count} succeeded\n{node.Log}");
        var points = 0;
        await foreach (var point in client.ListPointsAsync())
            if (point.Run == run.Id) points++;
        Assert.Equal(Vms, points);
        Assert.All(_nodes, one => Assert.Equal(0, one.Fleet.FrozenNow));
    }

    private static async Task ReadyAsync(ClusterNode node)
    {
        await node.WaitUntilUpAsync();
        await node.WaitForReadyAsync(Vms);
    }
}

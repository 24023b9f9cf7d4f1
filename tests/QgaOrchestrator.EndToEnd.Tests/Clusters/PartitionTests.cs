using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.EndToEnd.Tests.Simulated;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;
using Xunit.Abstractions;

namespace QgaOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>
/// Three hosts with their own networks, in the middle of a backup of all their VMs: some of what they send each other, or the
/// store, is lost.
/// There are never two clusters, there is one soon after, the run ends, and each guest has one point and was frozen shortly.
/// </summary>
/// <remarks>QGA_PARTITIONS and QGA_PARTITION_SEED make a long run of it: tests/partitions.sh.</remarks>
public sealed class PartitionTests(ITestOutputHelper output) : IDisposable
{
    private const int Hosts = 3, Vms = 2;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2), Healing = TimeSpan.FromSeconds(60);

    private readonly List<ClusterNode> _nodes = [];
    private readonly CancellationTokenSource _stop = new();

    private enum Shape { Alone, Apart, OneWay, Deaf }

    private enum Storeless { None, TheOne, TheOthers }

    public void Dispose() => _stop.Dispose();

    [SkippableFact]
    public async Task However_hosts_are_cut_off_there_is_one_cluster_and_one_point_for_each_guest()
    {
        if (await HostNetwork.WhyNotAsync() is { } why)
        {
            Skip.IfNot(LabHost.MustWork, why);
            throw new LabException(why);
        }
        await using var lab = await ClusterLab.MakeAsync(await HostNetwork.MakeAsync(Hosts));
        for (var number = 1; number <= Hosts; number++)
            _nodes.Add(await lab.NodeAsync(
                number, vms: Vms, options: new FleetOptions { CopyTime = TimeSpan.FromSeconds(1) }));
        await Task.WhenAll(_nodes.Select(node => node.StartServiceAsync()));
        foreach (var node in _nodes) await node.WaitUntilUpAsync();
        var watching = WatchAsync(lab);

        var chance = new Random(Setting.Of("QGA_PARTITION_SEED", 1));
        var rounds = Setting.Of("QGA_PARTITIONS", 1);
        for (var round = 1; round <= rounds; round++) await PlayAsync(lab, round, chance);
        await _stop.CancelAsync();
        await watching;
    }

    private async Task PlayAsync(ClusterLab lab, int round, Random chance)
    {
        foreach (var node in _nodes) await node.WaitForReadyAsync(Hosts * Vms, Limit);
        // The first round cuts off the node that has the run, and leaves the store to all.
        var (shape, one, storeless) = round == 1
            ? (Shape.Alone, 1, Storeless.None)
            : ((Shape)chance.Next(4), chance.Next(1, Hosts + 1), (Storeless)chance.Next(3));
        var other = one % Hosts + 1;
        var (before, held) = (chance.Next(2000), chance.Next(14, 30));
        var killed = chance.Next(3) == 0 ? chance.Next(1, Hosts + 1) : 0;
        var told = $"round {round}: {shape} of hv{one}{(shape == Shape.OneWay ? $" to hv{other}" : "")} after {before} ms, "
            + $"for {held} s, without the store {storeless}{(killed == 0 ? "" : $", hv{killed} killed")}";
        var run = await StartRunAsync(_nodes[round == 1 ? 0 : chance.Next(Hosts)]);

        await PauseAsync(TimeSpan.FromMilliseconds(before));
        await CutAsync(lab.Network!, shape, one, other);
        await CutFromStoreAsync(lab.Network!, storeless, one);
        await PauseAsync(TimeSpan.FromSeconds(held / 2));
        if (killed > 0) _nodes[killed - 1].Signal(HostProcess.SigKill);
        await PauseAsync(TimeSpan.FromSeconds(held / 2));
        await lab.Network!.HealAsync();

        var healed = TimeProvider.System.GetTimestamp();
        using var peers = ClusterLab.PeersClient(_nodes[0]);
        await Poll.ForAsync($"one cluster ({told})", Healing, async () =>
            await Task.WhenAll(_nodes.Select(node => StateAsync(node, peers))) is var states
            && states.All(state => state.Hosts == "hv1 hv2 hv3") && states.Distinct().Count() == 1
                ? "is there"
                : null, Logs);
        var together = TimeProvider.System.GetElapsedTime(healed);
        var ended = await EndOfAsync(run);
        output.WriteLine($"{told}: together after {together.TotalSeconds:0.0} s, {ended.State}, {ended.Items.Succeeded} succeeded");
        await AssertOnePointEachAsync(told, run);
    }

    private static async Task CutAsync(HostNetwork network, Shape shape, int one, int other)
    {
        foreach (var from in Enumerable.Range(1, Hosts))
            foreach (var to in Enumerable.Range(1, Hosts).Where(to => to != from))
                if (shape switch
                {
                    Shape.Alone => from == one || to == one,
                    Shape.Apart => true,
                    Shape.OneWay => from == one && to == other,
                    Shape.Deaf => to == one,
                    _ => throw new ArgumentOutOfRangeException(nameof(shape)),
                })
                    await network.CutAsync(from, to);
    }

    private static async Task CutFromStoreAsync(HostNetwork network, Storeless storeless, int one)
    {
        foreach (var host in Enumerable.Range(1, Hosts))
            if (storeless == (host == one ? Storeless.TheOne : Storeless.TheOthers))
                await network.CutAsync(host, HostNetwork.Store);
    }

    /// <summary>Whatever happens, no two nodes are members of different clusters.</summary>
    private async Task WatchAsync(ClusterLab lab)
    {
        using var peers = ClusterLab.PeersClient(_nodes[0]);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (!_stop.IsCancellationRequested)
        {
            var states = await Task.WhenAll(_nodes.Select(node => StateAsync(node, peers)));
            var clusters = states.Where(state => state.Hosts.Length > 0).Select(state => state.Id).Distinct().ToList();
            if (clusters.Count > 1)
                throw new LabException($"two clusters at once: {string.Join("; ", states)}\n{Logs()}");
            await timer.WaitForNextTickAsync();
        }
    }

    private static async Task<string> StartRunAsync(ClusterNode node)
    {
        using var client = node.Client();
        var run = await client.StartRunAsync(new RunRequest("backup", "*", new JsonObject { ["maxParallelPerHost"] = 1 }));
        return run.Id;
    }

    private Task<Run> EndOfAsync(string run) => Poll.ForAsync($"end of run {run}", Limit, async () =>
    {
        using var client = _nodes[0].Client();
        try
        {
            return await client.GetRunAsync(run) is { EndedAt: not null } ended ? ended : null;
        }
        catch (Exception e) when (e is ApiException or NodeUnreachableException)
        {
            return null;
        }
    }, Logs);

    private async Task AssertOnePointEachAsync(string told, string run)
    {
        using var client = _nodes[0].Client();
        var items = await SimulatedLab.ListAsync(client.ListRunItemsAsync(run));
        Assert.True(items.All(item => item.State == ItemStates.Succeeded), told + ": " + string.Join(
            "; ", items.Select(item => $"{item.Vm} {item.State} {item.Attempt} {item.Reason}")));
        var points = (await SimulatedLab.ListAsync(client.ListPointsAsync())).Where(point => point.Run == run).ToList();
        Assert.Equal(Hosts * Vms, points.Count);
        Assert.Equal(Hosts * Vms, points.Select(point => point.Vm).Distinct().Count());
        foreach (var node in _nodes)
        {
            Assert.Equal(0, node.Fleet.FrozenNow);
            Assert.Empty(Claims.Contradicted(
                node.Fleet, points.Where(point => point.Vm.Split('/')[^1].StartsWith(node.Host, StringComparison.Ordinal))));
            Assert.True(node.Fleet.LongestFrozen < TimeSpan.FromSeconds(5), $"{told}: {node.Fleet.LongestFrozen} frozen");
        }
    }

    private static async Task<(string? Id, string Hosts)> StateAsync(ClusterNode node, HttpClient peers)
    {
        try
        {
            return await node.StateAsync(peers).WaitAsync(TimeSpan.FromSeconds(2));
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException or OperationCanceledException)
        {
            return (null, "");
        }
    }

    private string Logs() => string.Join('\n', _nodes.Select(node => $"---- {node.Host}\n{node.Log}"));

    /// <summary>The cut lasts as long as the round says; nothing is waited for.</summary>
    private static Task PauseAsync(TimeSpan time) => Task.Delay(time);
}

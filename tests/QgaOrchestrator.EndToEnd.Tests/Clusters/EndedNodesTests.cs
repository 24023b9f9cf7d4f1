using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>A run whose watched node is killed, and whose nodes are then stopped all at once.</summary>
public sealed class EndedNodesTests
{
    private const int Hosts = 3, Vms = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90), ForStop = TimeSpan.FromSeconds(10);

    private readonly List<ClusterNode> _nodes = [];

    /// <summary>The VMs of the run that were seen to succeed.</summary>
    private readonly HashSet<string> _succeeded = [];

    private string _last = "0";

    [SkippableFact]
    public async Task Events_go_on_at_another_node_and_all_nodes_stop_at_once_in_time_and_resume()
    {
        await using var lab = await ClusterLab.MakeAsync();
        for (var number = 1; number <= Hosts; number++)
            _nodes.Add(await lab.NodeAsync(number, vms: Vms, options: new FleetOptions { CopyTime = TimeSpan.FromSeconds(1) }));
        await StartAllAsync();
        var run = await StartRunAsync();

        await WatchAsync(_nodes[0], run, () => _succeeded.Count > 0);
        await _nodes[0].KillAsync();
        // Those of the killed node's host wait for it.
        await WatchAsync(_nodes[1], run, () => _succeeded.Count >= (Hosts - 1) * Vms);
        await _nodes[0].StartAsync();
        await _nodes[0].WaitUntilUpAsync();

        foreach (var node in _nodes) node.Signal(HostProcess.SigTerm);
        var start = TimeProvider.System.GetTimestamp();
        var codes = await Task.WhenAll(_nodes.Select(node => node.EndAsync()));
        Assert.All(codes, code => Assert.Equal(0, code));
        var took = TimeProvider.System.GetElapsedTime(start);
        Assert.True(took < ForStop, $"{took}");
        Assert.All(_nodes, node => Assert.Equal(0, node.Fleet.FrozenNow));

        await StartAllAsync();
        await WatchAsync(_nodes[2], run, () => false);
        Assert.Equal(Hosts * Vms, _succeeded.Count);
        using var client = _nodes[0].Client();
        var points = new List<Point>();
        await foreach (var point in client.ListPointsAsync()) points.Add(point);
        Assert.Equal(Hosts * Vms, points.Count);
    }

    private async Task StartAllAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.StartAsync()));
        foreach (var node in _nodes) await node.WaitUntilUpAsync();
    }

    private Task<string> StartRunAsync() => Poll.ForAsync("all VMs", Limit, async () =>
    {
        using var client = _nodes[0].Client();
        var vms = (await client.GetVmsAsync()).Items;
        return vms.Count == Hosts * Vms && vms.All(vm => vm.Agent.State == AgentStates.Ready)
            ? (await client.StartRunAsync(new RunRequest("backup", "*", new JsonObject { ["maxParallelPerHost"] = 1 }))).Id
            : null;
    }, () => _nodes[0].Log);

    /// <summary>Reads a run's events at this node, from the last one that any node has told, until enough is seen or the run has
    /// ended. A stream that breaks is opened again.</summary>
    private async Task WatchAsync(ClusterNode node, string run, Func<bool> enough)
    {
        using var http = node.PlainClient();
        using var limit = new CancellationTokenSource(Limit);
        while (!await ReadAsync(http, run, enough, limit.Token)) limit.Token.ThrowIfCancellationRequested();
    }

    /// <returns>Enough is seen, or the run has ended.</returns>
    private async Task<bool> ReadAsync(HttpClient http, string run, Func<bool> enough, CancellationToken cancel)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, ApiRoutes.RunPath(run) + "/events");
            request.Headers.Add(ApiRoutes.LastEventIdHeader, _last);
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (!answer.IsSuccessStatusCode) return false;
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancel))
            {
                _last = item.EventId ?? _last;
                if (item.EventType == RunEventTypes.Item
                    && JsonSerializer.Deserialize(item.Data, ApiJson.Default.ItemStatus) is { State: ItemStates.Succeeded } one)
                    _succeeded.Add(one.Vm);
                if (enough() || (item.EventType == RunEventTypes.Run
                    && JsonSerializer.Deserialize(item.Data, ApiJson.Default.Run) is { EndedAt: not null }))
                    return true;
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // The node of the run has ended.
        }
        return false;
    }
}

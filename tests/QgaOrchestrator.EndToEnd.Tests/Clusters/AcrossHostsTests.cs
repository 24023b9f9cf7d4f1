using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.EndToEnd.Tests.Simulated;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>Three hosts with VMs: whichever node is asked, it answers for all of them.</summary>
public sealed class AcrossHostsTests
{
    private const int Vms = 6;

    private const string Grouped = "vm2";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60), ForStop = TimeSpan.FromSeconds(10);

    private readonly List<ClusterNode> _nodes = [];

    [SkippableFact]
    public async Task Any_node_lists_all_VMs_calls_each_and_works_for_a_run_over_them()
    {
        await using var lab = await StartAsync(group: vm => vm.Name.EndsWith(Grouped, StringComparison.Ordinal) ? "group" : null);
        using var first = _nodes[0].Client();
        using var second = _nodes[1].Client();
        using var third = _nodes[2].Client();

        foreach (var vm in (await first.GetVmsAsync()).Items)
            Assert.Equal("{}", (await first.CallAgentAsync(vm.Name, "guest-ping", default, new AgentCallOptions())).GetRawText());
        // A host tells of itself every 2 s.
        await Poll.ForAsync("all hosts", Limit, async () =>
            string.Join(", ", (await ListAsync(second.ListHostsAsync())).Select(host => $"{host.Name} {host.State} {host.Vms}"))
                == "hv1 up 2, hv2 up 2, hv3 up 2" ? "are there" : null);
        var refused = await Assert.ThrowsAsync<ApiException>(
            () => first.CallAgentAsync("hv3-vm1", "guest-no-such", default, new AgentCallOptions()));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Equal(
            ["hv3", "hv3"],
            (await ListAsync(third.ListAuditAsync(new AuditFilter("hv3/hv3-vm1"))))
                .Where(line => line.What == "guest-no-such").Select(line => line.Host));

        var run = await first.StartRunAsync(new RunRequest(
            "command", "*", new JsonObject { ["command"] = "guest-ping" }));
        Run? last = null;
        await foreach (var update in first.WatchRunAsync(run.Id)) last = (update as RunUpdate.RunChanged)?.Run ?? last;
        Assert.Equal((RunStates.Succeeded, 6), (last!.State, last.Items.Succeeded));
        Assert.Equal(6, (await ListAsync(second.ListRunResultsAsync(run.Id))).Select(result => result.Host + result.Vm).Count());

        await BackUpGroupAsync(second);
        await DrainAsync(first, second);
        await ReadPointAsync(first);
        await AddRecipientAsync(first, third);
    }

    /// <summary>A member of the group is on each host: all are frozen before the first is cut, and no two cuts are further apart
    /// than their points say.</summary>
    private async Task BackUpGroupAsync(QgaClient second)
    {
        var run = await second.StartRunAsync(new RunRequest("backup", $"name=*-{Grouped}"));
        Run? last = null;
        await foreach (var update in second.WatchRunAsync(run.Id)) last = (update as RunUpdate.RunChanged)?.Run ?? last;
        Assert.Equal((RunStates.Succeeded, 3), (last!.State, last.Items.Succeeded));

        var members = _nodes.Select(node => node.Fleet[$"{node.Host}-{Grouped}"]).ToList();
        var cuts = members.Select(vm => Assert.Single(vm.Cuts).At).ToList();
        Assert.All(members, vm => Assert.True(Assert.Single(vm.Guest.Freezes).FrozenAt <= cuts.Min()));
        var points = (await ListAsync(second.ListPointsAsync())).Where(point => point.Run == run.Id).ToList();
        Assert.Equal(3, points.Count);
        Assert.Equal("group", Assert.Single(points.Select(point => point.Group).Distinct()));
        Assert.All(points, point => Assert.True(
            point.Proof.SkewMs >= (cuts.Max() - cuts.Min()).TotalMilliseconds, $"{point.Proof.SkewMs} ms of {cuts.Max() - cuts.Min()}"));
        foreach (var node in _nodes)
            Assert.Empty(Claims.Contradicted(
                node.Fleet, points.Where(point => point.Vm.Split('/')[^1].StartsWith(node.Host, StringComparison.Ordinal))));
    }

    /// <summary>A run waits for a host that is drained through another one, and goes on when it is undrained.</summary>
    private static async Task DrainAsync(QgaClient first, QgaClient second)
    {
        await first.DrainHostAsync("hv3", on: true);
        await Poll.ForAsync("hv3 to be drained", Limit, async () =>
            (await second.GetHostAsync("hv3")).State == HostStates.Drained ? "is" : null);
        var run = await first.StartRunAsync(new RunRequest(
            "command", "*", new JsonObject { ["command"] = "guest-ping" }));
        await Poll.ForAsync("the other hosts' VMs", Limit, async () =>
            await second.GetRunAsync(run.Id) is { Items: { Succeeded: 4, Pending: 2 } } waiting
            && waiting.Reason == "2 VMs wait: host hv3 is draining"
                ? "have ended"
                : null, () => second.GetRunAsync(run.Id).GetAwaiter().GetResult().ToString());
        await second.DrainHostAsync("hv3", on: false);
        Run? last = null;
        await foreach (var update in first.WatchRunAsync(run.Id)) last = (update as RunUpdate.RunChanged)?.Run ?? last;
        Assert.Equal((RunStates.Succeeded, 6), (last!.State, last.Items.Succeeded));
    }

    private static async Task ReadPointAsync(QgaClient first)
    {
        var run = await first.StartRunAsync(new RunRequest("backup", "name=hv3-vm1"));
        await foreach (var _ in first.WatchRunAsync(run.Id)) { }
        var point = Assert.Single(await ListAsync(first.ListPointsAsync("hv3-vm1")));
        Assert.Equal((true, "hv3"), await first.VerifyPointAsync(point.Id) is var check ? (check.Good, check.Host) : default);
        var disk = point.Disks[0];
        using var image = new MemoryStream();
        await first.ReadPointDiskAsync(point.Id, disk.Index, disk.Sha256, 0, _ => image);
        Assert.Equal(disk.Sha256, Convert.ToHexStringLower(SHA256.HashData(image.ToArray())));
        using var rest = new MemoryStream();
        await first.ReadPointDiskAsync(point.Id, disk.Index, disk.Sha256, image.Length - 7, _ => rest);
        Assert.Equal(image.ToArray()[^7..], rest.ToArray());
    }

    private static async Task AddRecipientAsync(QgaClient first, QgaClient third)
    {
        using var key = RSA.Create(3072);
        using var certificate = new CertificateRequest("CN=ann", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(9));
        var added = await first.AddRecipientAsync("ann", certificate.ExportCertificatePem());
        Assert.Equal(["hv1 True", "hv2 True", "hv3 True"], added.Hosts!.Select(host => $"{host.Host} {host.Taken}").Order());
        Assert.Equal(["ann"], (await ListAsync(third.ListRecipientsAsync())).Select(one => one.Name));
        Assert.All(await first.RemoveRecipientAsync("ann", force: false), host => Assert.True(host.Taken));
        Assert.Empty(await ListAsync(third.ListRecipientsAsync()));
    }

    /// <summary>In the middle of a backup, whose events are watched at the node that is killed.</summary>
    [SkippableFact]
    public async Task A_host_that_is_killed_is_shown_as_unreachable_and_its_VMs_stay_listed()
    {
        await using var lab = await StartAsync(new FleetOptions { CopyTime = TimeSpan.FromSeconds(1) });
        using var first = _nodes[0].Client();
        var run = await first.StartRunAsync(new RunRequest("backup", "*", new JsonObject { ["maxParallelPerHost"] = 1 }));
        var watcher = new RunWatcher(run.Id);
        await watcher.WatchAsync(_nodes[2], 1);
        await _nodes[2].KillAsync();

        var vms = await _nodes[0].WaitForVmsAsync(
            Vms, vm => vm.Host != "hv3" || vm.Agent.State == AgentStates.Unreachable);
        Assert.All(vms.Where(vm => vm.Host == "hv3"), vm => Assert.NotNull(vm.AsOf));
        var refused = await Assert.ThrowsAsync<ApiException>(
            () => first.CallAgentAsync("hv3-vm1", "guest-ping", default, new AgentCallOptions()));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "unreachable"), (refused.Status, refused.Code));
        Assert.Contains("hv3", refused.Remedy, StringComparison.Ordinal);

        await watcher.WatchAsync(_nodes[1], 4);
        await _nodes[2].StartAsync();
        await _nodes[0].WaitForReadyAsync(Vms);

        foreach (var node in _nodes) node.Signal(HostProcess.SigTerm);
        var start = TimeProvider.System.GetTimestamp();
        Assert.All(await Task.WhenAll(_nodes.Select(node => node.EndAsync())), code => Assert.Equal(0, code));
        var took = TimeProvider.System.GetElapsedTime(start);
        Assert.True(took < ForStop, $"they stopped in {took}");
        Assert.All(_nodes, node => Assert.Equal(0, node.Fleet.FrozenNow));

        await ClusterLab.StartAsync(_nodes);
        await watcher.WatchAsync(_nodes[2], int.MaxValue);
        Assert.Equal(6, watcher.Succeeded.Count);
        Assert.Equal(6, (await ListAsync(first.ListPointsAsync())).Count(point => point.Run == run.Id));
    }

    /// <summary>Three nodes with two VMs each, all of which are ready on each.</summary>
    private async Task<ClusterLab> StartAsync(FleetOptions? options = null, Func<SimulatedVm, string?>? group = null)
    {
        var lab = await ClusterLab.MakeAsync();
        try
        {
            foreach (var number in new[] { 1, 2, 3 }) _nodes.Add(await lab.NodeAsync(number, vms: 2, options: options));
            foreach (var node in _nodes) node.GroupOf = group ?? node.GroupOf;
            await ClusterLab.StartAsync(_nodes);
            foreach (var node in _nodes) await node.WaitForReadyAsync(Vms);
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    private static async Task<List<T>> ListAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items) list.Add(item);
        return list;
    }
}

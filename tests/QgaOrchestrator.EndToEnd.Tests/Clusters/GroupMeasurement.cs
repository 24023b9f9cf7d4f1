using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.EndToEnd.Tests.Simulated;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Simulator;
using Xunit.Abstractions;

namespace QgaOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>What it costs the guests of a consistency group that its members are on three hosts: tests/group-hosts. No bar is in
/// it but those that points claim.</summary>
public sealed class GroupMeasurement(ITestOutputHelper output)
{
    /// <summary>Groups of each kind; of one host, a group's three members are the host's.</summary>
    private const int Groups = 6, Hosts = 3;

    private const int File = 40 << 20;

    private readonly List<ClusterNode> _nodes = [];

    [SkippableFact]
    public async Task Groups_over_hosts_are_measured_beside_groups_of_one()
    {
        var rounds = Setting.Of("QGA_GROUP_ROUNDS", 0);
        Skip.If(rounds == 0, "it is a measurement: tests/group-hosts ROUNDS");
        await using var lab = await ClusterLab.MakeAsync();
        for (var number = 1; number <= Hosts; number++) _nodes.Add(await lab.NodeAsync(number, vms: 2 * Groups));
        foreach (var node in _nodes) node.GroupOf = vm => GroupOf(node, vm);
        await ClusterLab.StartAsync(_nodes);
        foreach (var node in _nodes) await node.WaitForReadyAsync(Hosts * 2 * Groups);

        output.WriteLine("| groups | frozen p50 | p99 | bound of the skew | seen | largest node grew by |");
        for (var round = 0; round < rounds; round++)
        {
            await MeasureAsync("of one host", across: false);
            await MeasureAsync("over three", across: true);
            await MeasureAsync("over three, while 40 MiB cross", across: true, CopyAsync);
        }
    }

    /// <summary>Half of a host's VMs are in groups with those of the same number of the others, half in groups of the host.</summary>
    private static string GroupOf(ClusterNode node, SimulatedVm vm) => Number(vm) is var number && number <= Groups
        ? $"over{number.ToString(CultureInfo.InvariantCulture)}"
        : $"{node.Host}-{((number - Groups - 1) / Hosts).ToString(CultureInfo.InvariantCulture)}";

    private static int Number(SimulatedVm vm) => int.Parse(vm.Name.Split("-vm")[1], CultureInfo.InvariantCulture);

    private async Task MeasureAsync(string what, bool across, Func<Task>? beside = null)
    {
        var members = _nodes.SelectMany(node => node.Fleet.Vms.Select(vm => (Node: node, Vm: vm)))
            .Where(member => Number(member.Vm) <= Groups == across).ToList();
        using var client = _nodes[1].Client();
        using var stop = new CancellationTokenSource();
        var memory = MemoryAsync(stop.Token);
        var copying = beside?.Invoke() ?? Task.CompletedTask;
        var frozen = new List<double>();
        var (bound, seen) = (0.0, 0.0);
        do
        {
            var run = await client.StartRunAsync(new RunRequest(
                "backup", $"name in ({string.Join(',', members.Select(member => member.Vm.Name))})", new JsonObject { ["maxParallel"] = 9 }));
            await foreach (var _ in client.WatchRunAsync(run.Id)) { }
            Assert.Equal(RunStates.Succeeded, (await client.GetRunAsync(run.Id)).State);
            var points = (await SimulatedLab.ListAsync(client.ListPointsAsync())).Where(point => point.Run == run.Id).ToList();
            foreach (var group in members.GroupBy(member => GroupOf(member.Node, member.Vm)))
            {
                var cuts = group.Select(member => member.Vm.Cuts[^1].At).ToList();
                var skew = (cuts.Max() - cuts.Min()).TotalMilliseconds;
                var said = points.First(point => point.Group == group.Key).Proof.SkewMs!.Value;
                Assert.True(said >= skew, $"{group.Key}: {said} ms said, {skew} seen");
                (bound, seen) = (Math.Max(bound, said), Math.Max(seen, skew));
            }
            frozen.AddRange(members.Select(member => member.Vm.Guest.Freezes[^1])
                .Select(freeze => (freeze.ThawedAt!.Value - freeze.FrozenAt).TotalMilliseconds));
        }
        while (!copying.IsCompleted);
        await copying;
        await stop.CancelAsync();
        var grown = await memory;
        frozen.Sort();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {what} | {frozen[frozen.Count / 2]:0.0} ms | {frozen[(int)(frozen.Count * 0.99)]:0.0} ms | {bound:0.0} ms | {seen:0.0} ms | "
            + $"{grown:0} MB |"));
    }

    /// <summary>By the first node from a guest of the last one.</summary>
    private async Task CopyAsync()
    {
        var content = RandomNumberGenerator.GetBytes(File);
        var sum = Convert.ToHexStringLower(SHA256.HashData(content));
        var vm = _nodes[^1].Fleet.Vms[^1];
        vm.Guest.Files["/root/file"] = content;
        using var client = _nodes[0].Client();
        using var read = new MemoryStream();
        await client.ReadFileAsync(vm.Name, "/root/file", 0, _ => read);
        Assert.Equal(sum, Convert.ToHexStringLower(SHA256.HashData(read.ToArray())));
    }

    /// <summary>By how much the resident memory of any node grew until the stop.</summary>
    private async Task<double> MemoryAsync(CancellationToken stop)
    {
        var before = _nodes.Select(node => IdleClusterMeasurement.Megabytes([node.Pid])).ToList();
        var grown = 0.0;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!stop.IsCancellationRequested)
        {
            grown = Math.Max(grown, _nodes.Select((node, at) => IdleClusterMeasurement.Megabytes([node.Pid]) - before[at]).Max());
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
        return grown;
    }
}

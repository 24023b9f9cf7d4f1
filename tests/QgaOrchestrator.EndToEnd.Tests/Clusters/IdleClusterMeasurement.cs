using System.Globalization;
using QgaOrchestrator.Lab;
using Xunit.Abstractions;

namespace QgaOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>What a cluster costs that does nothing: tests/idle-cluster. No bar is in it.</summary>
public sealed class IdleClusterMeasurement(ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5), Rest = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task A_cluster_at_rest_is_measured()
    {
        var (hosts, vms, seconds) = (
            Setting.Of("QGA_IDLE_NODES", 0), Setting.Of("QGA_IDLE_VMS", 100), Setting.Of("QGA_IDLE_SECONDS", 60));
        Skip.If(hosts == 0, "it is a measurement: tests/idle-cluster NODES VMS SECONDS");
        await using var lab = await ClusterLab.MakeAsync();
        var nodes = new List<ClusterNode>();
        for (var number = 1; number <= hosts; number++) nodes.Add(await lab.NodeAsync(number, vms: vms));
        foreach (var some in nodes.Chunk(3)) await ClusterLab.StartAsync(some); // as many as are seeds: the others find a cluster
        foreach (var node in nodes) await node.WaitForReadyAsync(hosts * vms, Limit);
        await Task.Delay(Rest);

        var before = (At: TimeProvider.System.GetTimestamp(), Nodes: Ticks(nodes.Select(node => node.Pid)),
            Watchdogs: Ticks(nodes.Select(node => node.Watchdog!.Value)), Transactions: await TransactionsAsync(lab));
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var took = TimeProvider.System.GetElapsedTime(before.At).TotalSeconds;
        var (ofNodes, ofWatchdogs) =
            (Ticks(nodes.Select(node => node.Pid)), Ticks(nodes.Select(node => node.Watchdog!.Value)));
        var (transactions, connections) = (await TransactionsAsync(lab), await ConnectionsAsync(lab));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {hosts} | {vms} | {(ofNodes - before.Nodes) / took / hosts:0.0} % | "
            + $"{(ofWatchdogs - before.Watchdogs) / took / hosts:0.0} % | {Megabytes(nodes.Select(node => node.Pid)):0} MB | "
            + $"{Megabytes(nodes.Select(node => node.Watchdog!.Value)):0} MB | "
            + $"{connections / (double)hosts:0.0} | {(transactions - before.Transactions) / took / hosts:0.00} |"));
    }

    /// <summary>Processor time of processes, in hundredths of a second: user and system.</summary>
    private static long Ticks(IEnumerable<int> pids) => pids.Sum(pid =>
    {
        var stat = File.ReadAllText($"/proc/{Text(pid)}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return Number(fields[11]) + Number(fields[12]);
    });

    /// <summary>Resident memory of the largest.</summary>
    internal static double Megabytes(IEnumerable<int> pids) => pids.Max(pid =>
        Number(File.ReadLines($"/proc/{Text(pid)}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024.0);

    private static async Task<long> TransactionsAsync(ClusterLab lab) => Number(await lab.Store.AskAsync(
        "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'postgres'"));

    /// <summary>Besides the one that asks.</summary>
    private static async Task<long> ConnectionsAsync(ClusterLab lab) => Number(await lab.Store.AskAsync(
        "SELECT count(*) - 1 FROM pg_stat_activity WHERE datname = 'postgres'"));

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

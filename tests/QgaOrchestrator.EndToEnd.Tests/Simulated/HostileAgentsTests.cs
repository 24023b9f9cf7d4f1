using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Qemu.Ledger;
using Xunit.Abstractions;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>
/// Agents and monitors that answer at their worst, beside healthy VMs: callers get documented answers, the node's memory stays
/// bounded, no actor fails, frozen guests are thawed, and the healthy VMs are pinged and backed up.
/// </summary>
/// <remarks>QGA_HOSTILE_SECONDS and QGA_HOSTILE_SEED make a long run of it: tests/hostile.sh.</remarks>
public sealed partial class HostileAgentsTests(ITestOutputHelper output)
{
    private const int Hostile = 12;
    private const long MostGrowth = 300 << 20;

    /// <summary>A guest lets a thaw in after its grace; the round that is under way then may have to end first.</summary>
    private static readonly TimeSpan LongestFrozen = HostileFleet.Grace + TimeSpan.FromSeconds(9);

    private static readonly TimeSpan HostileLimit = TimeSpan.FromMinutes(3);

    [SkippableFact]
    public async Task Agents_and_monitors_at_their_worst_cost_nobody_but_themselves()
    {
        var time = TimeSpan.FromSeconds(Setting.Of("QGA_HOSTILE_SECONDS", 8));
        var seed = Setting.Of("QGA_HOSTILE_SEED", 1);
        await using var lab = await SimulatedLab.StartAsync(
            2, null, null, "--Freeze:Timeout=00:00:02", "--Freeze:Lease=00:00:02");
        await lab.WaitForReadyAsync(2);
        var healthy = lab.Fleet.Vms[0].Name;
        using var caller = new HostileCaller(
            lab.Client.Api, (await File.ReadAllTextAsync(Path.Combine(lab.Node.Data, "admin.token"))).Trim());
        var quiet = await PingAsync(caller, healthy, TimeSpan.FromSeconds(Math.Clamp(time.TotalSeconds / 5, 2, 20)));
        var before = MemoryOf(lab.Node.Pid, "VmRSS");

        await using var fleet = await HostileFleet.StartAsync(Path.GetDirectoryName(lab.Fleet.Vms[0].Directory)!, Hostile, seed);
        await Poll.ForAsync("the hostile VMs", SimulatedLab.Limit, async () =>
            (await lab.VmsAsync()).Count == 2 + Hostile ? "are seen" : null);
        var began = Stopwatch.GetTimestamp();
        var asking = fleet.Names.Select((vm, number) => AskAsync(
            caller, vm, new Random(seed + number),
            () => Stopwatch.GetElapsedTime(began) is var now && (now < time || (now < HostileLimit && fleet.Freezes.Count == 0))))
            .ToList();
        var backups = BackUpAsync(lab, $"name in ({string.Join(",", [lab.Fleet.Vms[1].Name, .. fleet.Names])})", began, time);
        var loud = await PingAsync(caller, healthy, time);
        await Task.WhenAll(asking);
        fleet.Calm();
        await Poll.UntilAsync("thaw of every guest", SimulatedLab.Limit, () =>
            !fleet.IsFrozen
            && lab.Ledger.ReadAll() is { Damaged.Count: 0 } ledger
            && ledger.Entries.All(entry => entry.Phase == LedgerPhase.Thawed)
        );
        var runs = await backups;

        var peak = MemoryOf(lab.Node.Pid, "VmHWM");
        var (p99, quietP99) = (Percentile(loud, 0.99), Percentile(quiet, 0.99));
        var answers = string.Join(", ", caller.Answers.OrderBy(one => one.Key).Select(one => $"{(int)one.Key}: {one.Value}"));
        var longest = fleet.Freezes.Select(one => one.Frozen.TotalSeconds).DefaultIfEmpty().Max();
        Say($"seed {seed}, {time.TotalSeconds:0} s, {Hostile} hostile VMs: answers {answers}; {runs} backups");
        Say($"{fleet.Freezes.Count} freezes, the longest {longest:0.0} s");
        Say($"the node's memory: {before >> 20} MiB before, {peak >> 20} at its peak");
        Say($"{loud.Count} pings of the healthy VM: p99 {p99:0.0} ms, {p99 / quietP99:0.00} times the {quietP99:0.0} ms before");
        Assert.Empty(caller.Faults);
        Assert.Empty(
            Traces().Matches(await File.ReadAllTextAsync(Path.Combine(lab.Node.Folder, "qgad.log"))).Select(match => match.Value)
        );
        Assert.InRange(peak - before, 0, MostGrowth);
        Assert.NotEmpty(fleet.Freezes);
        Assert.DoesNotContain(fleet.Freezes, freeze => freeze.Frozen > LongestFrozen);
    }

    private void Say(FormattableString text) => output.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    /// <summary>A busy machine may freeze nobody in the time: then they go on until somebody is.</summary>
    private static async Task AskAsync(HostileCaller caller, string vm, Random chance, Func<bool> goesOn)
    {
        for (var asked = 0; goesOn(); asked++)
        {
            await caller.AskAsync(vm, chance, freeze: asked % 10 == 2);
            await Task.Delay(chance.Next(50));
        }
    }

    /// <summary>Every ping is answered: one that is not throws.</summary>
    private static async Task<List<double>> PingAsync(HostileCaller caller, string vm, TimeSpan time)
    {
        var took = new List<double>();
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < time;)
        {
            took.Add((await caller.PingAsync(vm)).TotalMilliseconds);
            await Task.Delay(5);
        }
        return took;
    }

    /// <summary>Backups of the hostile and of another healthy VM, one after the other; that one's succeeds in each. What the
    /// hostile ones still do when the time is over is aborted: they may take minutes for all their attempts.</summary>
    private static async Task<int> BackUpAsync(SimulatedLab lab, string select, long began, TimeSpan time)
    {
        var (runs, healthy) = (0, lab.Fleet.Vms[1].Name);
        while (time - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } left)
        {
            var run = await lab.StartBackupAsync(select: select);
            var end = lab.Node.WaitForRunAsync(run, HostileLimit);
            var state = await Poll.ForAsync("end of a healthy VM's backup", HostileLimit, async () =>
                (await lab.ItemsAsync(run))[healthy].State is var now and not ("pending" or "running") ? now : null);
            Assert.Equal(Api.ItemStates.Succeeded, state);
            if (await Task.WhenAny(end, Task.Delay(left)) != end) await lab.Client.AbortRunAsync(run, wait: false);
            await end;
            runs++;
        }
        return runs;
    }

    private static double Percentile(List<double> values, double share) =>
        values.Order().ElementAt((int)((values.Count - 1) * share));

    private static long MemoryOf(int pid, string what)
    {
        var line = File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith(what + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) << 10;
    }

    /// <summary>An unexpected exception, with the line before it.</summary>
    [GeneratedRegex(@"[^\n]*\n   at .*")]
    private static partial Regex Traces();
}

using System.Globalization;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Qemu.Ledger.Watchdog;
using QgaOrchestrator.Simulator;
using Xunit.Abstractions;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>
/// Node and watchdog are killed and stopped at seeded instants of backups of a fleet, half of it in consistency groups. No
/// guest may notice for longer than is promised, no point may say more than the fleet saw, and nothing may be lost or left
/// over when they are back.
/// </summary>
/// <remarks>QGA_KILLS and QGA_KILL_SEED make a long run of it: tests/kills.sh.</remarks>
[Collection(nameof(Alone))]
public sealed class KillsTests(ITestOutputHelper output) : IDisposable
{
    private const int Vms = 20;
    private const int GroupSize = 5;

    /// <summary>A fresh fleet after so many: each pair of hit and stage was met once.</summary>
    private const int RoundsOfAFleet = 30;

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan SlowCut = TimeSpan.FromMilliseconds(400);

    /// <summary>A freeze that was on its way when the watchdog was hit arrives within this.</summary>
    private static readonly TimeSpan OnItsWay = TimeSpan.FromSeconds(1);

    private static readonly FleetOptions Options = new()
    {
        FreezeLatency = TimeSpan.FromMilliseconds(20),
        CopyTime = TimeSpan.FromMilliseconds(300),
    };

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"qga-fleet-{Guid.NewGuid():N}.json");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task Killed_or_stopped_at_any_instant_no_guest_stays_frozen_and_no_point_overclaims()
    {
        var chance = new Random(Setting.Of("QGA_KILL_SEED", 1));
        var rounds = Enumerable.Range(0, Setting.Of("QGA_KILLS", 10)).Select(number => KillRound.Draw(number, Vms, chance)).ToList();
        await File.WriteAllTextAsync(_file, FleetFile());
        foreach (var some in rounds.Chunk(RoundsOfAFleet))
        {
            await using var lab = await SimulatedLab.StartAsync(
                Vms, Options, Jitter, $"--Fleet:File={_file}", $"--Freeze:Lease={Lease:c}", "--Freeze:Spread=00:00:03");
            await lab.WaitForReadyAsync(Vms);
            var points = 0;
            foreach (var round in some) points += await PlayAsync(lab, round, points);
        }
    }

    /// <returns>How many points the round has made.</returns>
    private async Task<int> PlayAsync(SimulatedLab lab, KillRound round, int before)
    {
        List<Rule> slow = [];
        var hit = round.Stage == Stage.SlowCutUnderWay ? AtCutUnderWay(lab, round, slow) : AtFact(lab, round);
        var earlier = await RunsAsync(lab);
        var starting = lab.StartBackupAsync(new JsonObject { ["method"] = round.Method });
        var at = await hit;
        Assert.True(!round.HitsFrozen || lab.Fleet.FrozenAt(at) > 0, $"{round}: nobody was frozen");

        var limit = await RecoverAsync(lab, round);
        var run = await StartedAsync(lab, starting, earlier);
        var end = await lab.EndOfAsync(run);
        foreach (var rule in slow) rule.Dispose();
        await lab.WaitForThawAsync();

        var frozen = lab.Fleet.LongestFrozenAfter(at);
        output.WriteLine(
            $"{round}: {end.State}, {end.Items.Succeeded} of {Vms}, frozen for {frozen.TotalMilliseconds:0} ms after it");
        Assert.True(limit is null || frozen < limit, $"{round}: frozen for {frozen} after it");
        AssertNone(round, (await lab.ItemsAsync(run)).Values.Where(item => !EndsAsItShould(round, item)));
        if (round.Hit is Hit.WatchdogKilled or Hit.WatchdogStopped) AssertNoFreezeUnwatched(lab, round, at);
        var made = end.Items.Succeeded + await OpensWindowsAgainAsync(lab, round);
        var points = await SimulatedLab.ListAsync(lab.Client.ListPointsAsync());
        AssertNone(round, Claims.Contradicted(lab.Fleet, points));
        await lab.AssertNothingLeftAsync(before + made);
        return made;
    }

    /// <summary>A node that is killed early may owe the answer, and has journalled the run.</summary>
    private static async Task<string> StartedAsync(SimulatedLab lab, Task<string> starting, HashSet<string> earlier)
    {
        try
        {
            return await starting;
        }
        catch (NodeUnreachableException)
        {
            return Assert.Single(await RunsAsync(lab), run => !earlier.Contains(run));
        }
    }

    private static async Task<HashSet<string>> RunsAsync(SimulatedLab lab) =>
        [.. (await SimulatedLab.ListAsync(lab.Client.ListRunsAsync())).Select(run => run.Id)];

    // ---- the hit

    private static async Task<DateTimeOffset> AtFact(SimulatedLab lab, KillRound round) =>
        (await lab.At(round.Nth, round.IsAt, () => Strike(lab, round.Hit))).At;

    /// <summary>The n-th transaction has arrived and has not ended. It cuts even when its caller has gone.</summary>
    private static Task<DateTimeOffset> AtCutUnderWay(SimulatedLab lab, KillRound round, List<Rule> slow)
    {
        var struck = new TaskCompletionSource<DateTimeOffset>(TaskCreationOptions.RunContinuationsAsynchronously);
        var seen = 0;
        void Count()
        {
            if (Interlocked.Increment(ref seen) != round.Nth) return;
            var now = TimeProvider.System.GetUtcNow();
            Strike(lab, round.Hit);
            struck.SetResult(now);
        }
        slow.AddRange(lab.Fleet.Vms.Select(vm => vm.Monitor.On("transaction", Act.Do(Count), Act.Wait(SlowCut))));
        return struck.Task.WaitAsync(SimulatedLab.Limit);
    }

    private static void Strike(SimulatedLab lab, Hit hit)
    {
        var watchdog = hit is Hit.NodeKilled or Hit.NodeStopped ? null : lab.Watchdog;
        if (hit is Hit.NodeKilled or Hit.BothKilled) lab.Node.Signal(HostProcess.SigKill);
        if (hit is Hit.NodeStopped) lab.Node.Signal(HostProcess.SigStop);
        if (watchdog is { } pid) HostProcess.Signal(pid, hit is Hit.WatchdogStopped ? HostProcess.SigStop : HostProcess.SigKill);
    }

    // ---- what follows it

    /// <summary>Whatever it takes until the run can end.</summary>
    /// <returns>How long a guest may be frozen after the hit; null: until one of both was started.</returns>
    private static async Task<TimeSpan?> RecoverAsync(SimulatedLab lab, KillRound round)
    {
        switch (round.Hit)
        {
            case Hit.NodeKilled:
                await lab.Node.WaitForEndAsync();
                await lab.WaitForThawAsync();
                await lab.Node.StartAgainAsync();
                return TimeSpan.FromSeconds(1);
            case Hit.NodeStopped:
                await StoppedAsync(lab);
                return TimeSpan.FromSeconds(4);
            case Hit.BothKilled:
                await lab.Node.WaitForEndAsync();
                await Poll.UntilAsync("end of the watchdog", SimulatedLab.Limit, () => lab.Watchdog is null);
                if (round.WatchdogFirst)
                {
                    WatchdogLauncher.Start(lab.Ledger, Programs.Directory);
                    await lab.WaitForThawAsync();
                }
                await lab.Node.StartAgainAsync();
                await lab.WaitForThawAsync();
                return null;
            default:
                return Lease;
        }
    }

    /// <summary>The watchdog kills a node that has an open window. A node without one is left alone and continues.</summary>
    private static async Task StoppedAsync(SimulatedLab lab)
    {
        var node = lab.Node.Pid;
        await Poll.UntilAsync(
            "stopped node", SimulatedLab.Limit, () => HostProcess.IsStopped(node) || !HostProcess.IsAlive(node));
        if (lab.Ledger.ReadAll().Open.Any())
        {
            await lab.Node.WaitForEndAsync();
            await lab.WaitForThawAsync();
            await lab.Node.StartAgainAsync();
            return;
        }
        await Poll.UntilAsync("word of the silent node", SimulatedLab.Limit, () => lab.WatchdogSaid.Any(line =>
            line.Contains($"node {node} sends no heartbeat, but no guest is frozen", StringComparison.Ordinal)));
        Assert.True(HostProcess.IsAlive(node));
        lab.Node.Signal(HostProcess.SigCont);
    }

    /// <summary>A node's end costs no point. Without a watchdog no guest is frozen, and the reason says so.</summary>
    private static bool EndsAsItShould(KillRound round, ItemStatus item) => item.State == ItemStates.Succeeded
        || (round.Hit is Hit.WatchdogKilled or Hit.WatchdogStopped && item.State == ItemStates.Failed
            && item.Reason!.Contains("qga-watchdog", StringComparison.Ordinal) && item.Remedy is { Length: > 0 });

    private static void AssertNoFreezeUnwatched(SimulatedLab lab, KillRound round, DateTimeOffset at)
    {
        var from = at + OnItsWay + (round.Hit == Hit.WatchdogStopped ? WatchdogProtocol.Silence : TimeSpan.Zero);
        var until = round.Hit == Hit.WatchdogStopped
            ? DateTimeOffset.MaxValue // it is stopped still
            : lab.WatchdogSaid.Where(line => line.EndsWith(" connected", StringComparison.Ordinal))
                .Select(line => DateTimeOffset.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture))
                .FirstOrDefault(connected => connected > at, DateTimeOffset.MaxValue);
        Assert.DoesNotContain(
            lab.Fleet.Vms.SelectMany(vm => vm.Guest.Freezes), freeze => freeze.FrozenAt > from && freeze.FrozenAt < until);
    }

    /// <summary>The node starts a new watchdog after one was killed. One that was stopped continues.</summary>
    /// <returns>Points made on the way: the first window that opens makes one.</returns>
    private static async Task<int> OpensWindowsAgainAsync(SimulatedLab lab, KillRound round)
    {
        await lab.WaitForReadyAsync(Vms);
        if (round.Hit is not (Hit.WatchdogKilled or Hit.WatchdogStopped)) return 0;
        if (round.Hit == Hit.WatchdogStopped) HostProcess.Signal(lab.Watchdog!.Value, HostProcess.SigCont);
        await Poll.ForAsync("window", SimulatedLab.Limit, async () =>
            (await lab.BackupAsync(select: "name=vm001")).Run.State == RunStates.Succeeded ? "opened" : null);
        return 1;
    }

    /// <summary>Cuts take their time, each its own.</summary>
    private static void Jitter(SimulatedFleet fleet)
    {
        foreach (var vm in fleet.Vms) vm.Monitor.On("transaction", Act.Wait(TimeSpan.Zero, SlowCut / 4));
    }

    /// <summary>The second half of the fleet is in groups.</summary>
    private static string FleetFile() => new JsonObject
    {
        ["Vms"] = new JsonArray([.. Enumerable.Range(Vms / 2, Vms / 2)
            .Select(i => (JsonNode)new JsonObject { ["Name"] = $"vm{i + 1:000}", ["Group"] = $"g{i / GroupSize}" })]),
    }.ToJsonString();

    private static void AssertNone(KillRound round, IEnumerable<object> wrong) =>
        Assert.True(!wrong.Any(), $"{round}:\n{string.Join('\n', wrong)}");
}

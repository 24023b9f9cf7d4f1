using System.Globalization;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.EndToEnd.Tests.RealVms;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Qemu.Ledger;
using Xunit.Abstractions;

namespace QgaOrchestrator.EndToEnd.Tests.Libvirt;

/// <summary>
/// libvirt's daemon is killed and stopped at seeded instants of windows, alone and with the node. The guest is thawed within a
/// second, the run makes its point, the point is readable and clean, and nothing is left over.
/// </summary>
/// <remarks>QGA_KILLS and QGA_KILL_SEED make a long run of it: tests/libvirt-kills.sh.</remarks>
[Collection(nameof(LibvirtNode))]
public sealed class LibvirtKillsTests(LibvirtNode host, ITestOutputHelper output)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private NodeProcess Node => host.Node;

    private string Log => File.ReadAllText(Path.Combine(Node.Folder, "qgad.log"));

    [SkippableFact]
    public async Task Hit_at_any_instant_of_a_window_the_guest_is_thawed_and_its_point_is_whole()
    {
        await host.ReadyAsync();
        // Of a node that is killed before the freeze is answered the next one looks at the guest for 40 s: not so in these two.
        var chance = new Random(Setting.Of("QGA_KILL_SEED", 211));
        var nodes = await host.NodesAsync();
        foreach (var round in Enumerable.Range(0, Setting.Of("QGA_KILLS", 2)).Select(number => LibvirtRound.Draw(number, chance)))
        {
            await PlayAsync(round);
            Assert.Equal(nodes, await host.NodesAsync());
        }
    }

    private async Task PlayAsync(LibvirtRound round)
    {
        await using var watch = new FreezeWatch(host.Vm, FreezeLedger.At(Node.Ledger));
        var (earlier, kept) = (await RunsAsync(), PointFolders());
        var starting = StartAsync();
        var said = await StrikeAsync(round, watch);
        var end = await Node.WaitForRunAsync(await IdAsync(starting, earlier), TimeSpan.FromMinutes(2));
        if (await host.HoldsUnbegunAsync())
        {
            // What the node says to do; beside a node that lives a daemon leaves none.
            Assert.Equal(LibvirtHit.DaemonAndNodeKilled, round.Hit);
            said += ", an unbegun backup";
            await host.ReadyAsync();
            await host.Libvirt.RestartDaemonAsync();
        }
        await host.HasNothingLeftAsync();
        if (end.State != RunStates.Succeeded)
        {
            var item = await ItemAsync(end.Id);
            said += $"; {item.State}: {item.Reason}";
            Assert.True(item.Remedy is { Length: > 0 }, $"{round}{said}\n{Log}");
            end = await RetryAsync(end.Id);
            Assert.True(end.State == RunStates.Succeeded, $"{round}{said}; its retry {end.State}\n{Log}");
            await host.HasNothingLeftAsync();
        }

        var point = (await Node.AskAsync("point", "list"))["items"]!.AsArray().Single(point => (string?)point!["run"] == end.Id)!;
        Assert.Equal("filesystem", (string?)point["class"]);
        var folder = Path.Combine(Node.Folder, "restored", end.Id);
        await Points.AssertRestoresAsync(Node, host.Vm.Synced, point, folder);
        Directory.Delete(folder, recursive: true);
        await Node.AskAsync("point", "delete", (string)point["id"]!, "--yes");
        Assert.Equal(kept, PointFolders());
        output.WriteLine($"{round}{said}");
    }

    private List<string> PointFolders() => Path.Combine(Node.Data, "points") is var points && Directory.Exists(points)
        ? [.. Directory.GetDirectories(points).SelectMany(Directory.GetFileSystemEntries).Order(StringComparer.Ordinal)]
        : [];

    // ---- the hit

    private async Task<string> StrikeAsync(LibvirtRound round, FreezeWatch watch)
    {
        await Poll.UntilAsync("drawn instant", Guests.Limit, () => (round.Frozen ? watch.FrozenAt : watch.OpenedAt) is { } from
            && TimeProvider.System.GetElapsedTime(from) >= round.After);
        var (open, frozen) = (FreezeLedger.At(Node.Ledger).ReadAll().Open.Any(), host.Vm.IsFrozen());
        var free = round.Hit == LibvirtHit.DaemonStopped ? await StopAsync(round) : await KillAsync(round);
        await Poll.UntilAsync("a second", Guests.Limit, () => TimeProvider.System.GetElapsedTime(free) >= Second);
        var after = watch.FrozenAfter(free);
        Assert.True(after < Second, $"{round}: frozen for {after} after it\n{Log}");
        return string.Create(CultureInfo.InvariantCulture,
            $", hit {(frozen ? "frozen" : open ? "in the window" : "behind the window")}, {after.TotalMilliseconds:0} ms");
    }

    /// <returns>From when on somebody could thaw the guest.</returns>
    private async Task<long> KillAsync(LibvirtRound round)
    {
        if (round.Hit == LibvirtHit.DaemonAndNodeKilled) Node.Signal(HostProcess.SigKill);
        var free = TimeProvider.System.GetTimestamp();
        await host.Libvirt.KillDaemonAsync();
        if (!round.RestartsAtOnce)
            await Poll.UntilAsync("a second", Guests.Limit, () => TimeProvider.System.GetElapsedTime(free) >= Second);
        await host.Libvirt.StartDaemonAsync();
        if (round.RestartsAtOnce) free = TimeProvider.System.GetTimestamp();
        if (round.Hit != LibvirtHit.DaemonAndNodeKilled) return free;
        await Node.WaitForEndAsync();
        await Node.StartAgainAsync();
        return free;
    }

    /// <returns>From when on somebody could thaw the guest.</returns>
    private async Task<long> StopAsync(LibvirtRound round)
    {
        HostProcess.Signal(host.Libvirt.DaemonPid, HostProcess.SigStop);
        var stopped = TimeProvider.System.GetTimestamp();
        await Poll.UntilAsync(
            "drawn instant", Guests.Limit, () => TimeProvider.System.GetElapsedTime(stopped) >= round.Stopped);
        HostProcess.Signal(host.Libvirt.DaemonPid, HostProcess.SigCont);
        return TimeProvider.System.GetTimestamp();
    }

    // ---- the run

    private async Task<string> StartAsync()
    {
        using var client = Node.Client();
        return (await client.StartRunAsync(new RunRequest(BackupKind.Name, "*"))).Id;
    }

    /// <summary>A node that is killed early may owe the answer, and has journalled the run.</summary>
    private async Task<string> IdAsync(Task<string> starting, HashSet<string> earlier)
    {
        try
        {
            return await starting;
        }
        catch (NodeUnreachableException)
        {
            return Assert.Single(await RunsAsync(), run => !earlier.Contains(run));
        }
    }

    private async Task<Run> RetryAsync(string run)
    {
        await host.ReadyAsync();
        using var client = Node.Client();
        return await Node.WaitForRunAsync((await client.RetryRunAsync(run)).Id);
    }

    private async Task<HashSet<string>> RunsAsync()
    {
        using var client = Node.Client();
        HashSet<string> runs = [];
        await foreach (var run in client.ListRunsAsync()) runs.Add(run.Id);
        return runs;
    }

    private async Task<ItemStatus> ItemAsync(string run)
    {
        using var client = Node.Client();
        await foreach (var item in client.ListRunItemsAsync(run)) return item;
        throw new LabException($"run {run} has no item");
    }
}

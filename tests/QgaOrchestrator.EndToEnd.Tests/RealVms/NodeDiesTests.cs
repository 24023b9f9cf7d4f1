using QgaOrchestrator.Lab;
using QgaOrchestrator.Lab.Tests;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>The node dies or hangs while real guests are frozen: the watchdog thaws them, and the run resumes later.</summary>
[Collection(nameof(Alone))]
public sealed class NodeDiesTests
{
    [SkippableFact]
    public async Task Killed_with_guests_frozen_they_are_thawed_in_a_second_and_the_run_ends_later()
    {
        await using var lab = await RealVmLab.OpenAsync();
        RealVm[] vms = [await lab.StartAsync("vm1"), await lab.StartAsync("vm2")];
        var graphs = await Task.WhenAll(vms.Select(Guests.BlockGraphAsync));
        await using var node = await NodeProcess.StartAsync(Path.Combine(lab.Folder, "node"), lab.Folder);
        await node.WaitForVmsAsync(vms.Length);

        var run = await BackupUntilFrozenAsync(node, vms, HostProcess.SigKill);
        await AssertThawedAsync(vms, TimeSpan.FromSeconds(1));
        await node.WaitForEndAsync();
        await node.StartAgainAsync();

        Assert.Equal("succeeded", (await node.WaitForRunAsync(run)).State);
        var points = (await node.AskAsync("point", "list"))["items"]!.AsArray();
        foreach (var vm in vms)
            await Points.AssertRestoresAsync(
                node, vm, points.Last(point => point!.IsOf(vm) && (string?)point!["run"] == run)!, lab.Folder);
        await node.StopAsync();
        Assert.Equal(graphs, await Task.WhenAll(vms.Select(Guests.BlockGraphAsync)));
        await AssertNothingLostAsync(vms[0]);
    }

    [SkippableFact]
    public async Task Stopped_with_guests_frozen_they_are_thawed_within_four_seconds()
    {
        await using var lab = await RealVmLab.OpenAsync();
        RealVm[] vms = [await lab.StartAsync("vm1"), await lab.StartAsync("vm2")];
        await using var node = await NodeProcess.StartAsync(Path.Combine(lab.Folder, "node"), lab.Folder);
        await node.WaitForVmsAsync(vms.Length);

        var run = await BackupUntilFrozenAsync(node, vms, HostProcess.SigStop);
        await AssertThawedAsync(vms, TimeSpan.FromSeconds(4));
        await node.WaitForEndAsync(); // it held the agents' sockets: the watchdog had to kill it
        await node.StartAgainAsync();

        Assert.Equal("succeeded", (await node.WaitForRunAsync(run)).State);
    }

    /// <summary>Sends the signal at the first sign of a frozen guest; a freeze takes some 50 ms here, and as long again to the
    /// thaw.</summary>
    private static async Task<string> BackupUntilFrozenAsync(NodeProcess node, RealVm[] vms, int signal)
    {
        var run = await node.StartBackupAsync();
        await Poll.UntilAsync("frozen guest", Guests.Limit, () => vms.Any(Guests.IsFrozen));
        node.Signal(signal);
        Assert.True(vms.Any(Guests.IsFrozen), "the guests were thawed already");
        return run;
    }

    private static async Task AssertThawedAsync(RealVm[] vms, TimeSpan limit)
    {
        var latest = vms.Select(vm => vm.Synced.Latest).ToArray();
        await Poll.UntilAsync("thaw of all guests", limit, () => !vms.Any(Guests.IsFrozen));
        foreach (var (vm, synced) in vms.Zip(latest))
            await vm.Synced.WritesAfterAsync(synced, Guests.Limit);
    }

    private static async Task AssertNothingLostAsync(RealVm vm)
    {
        await vm.StopAsync(crash: true);
        var synced = vm.Synced.Latest;
        await vm.BootAsync();
        await vm.Synced.WritesAfterAsync(synced, Guests.Limit);
        await vm.StopAsync(crash: true);
        for (var disk = 0; disk < 2; disk++)
        {
            var records = (await ImageCheck.RunAsync(vm.Disk(disk), synced[disk])).Replayed!.Records;
            Assert.True(records is { Damaged: 0, Gaps: 0 } && records.Last > synced[disk], records.ToString());
        }
    }
}

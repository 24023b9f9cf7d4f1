using System.Text.Json.Nodes;
using QgaOrchestrator.Api;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>A run's events show how far its copies are, and QEMU keeps the limit that the user set.</summary>
[Collection(nameof(SharedNode))]
public sealed class ProgressTests(SharedNode shared)
{
    private const int Bandwidth = 32 << 20;
    private const long Disk = 64L << 20;

    [Fact]
    public async Task A_limited_copy_is_seen_on_its_way()
    {
        await using var lab = await shared.StartAsync(2);
        await lab.WaitForReadyAsync(2);
        var held = lab.Fleet.Vms.Select(vm => vm.Jobs.Hold("backup")).ToList();
        var run = await lab.StartBackupAsync(new JsonObject { ["bandwidth"] = Bandwidth });

        using var limit = new CancellationTokenSource(SimulatedLab.Limit);
        List<RunProgress> seen = [];
        List<long> speeds = [];
        Run? end = null;
        await foreach (var change in lab.Client.WatchRunAsync(run, cancel: limit.Token))
        {
            if (change is RunUpdate.RunChanged { Run: var now }) end = now;
            if (change is not RunUpdate.Progressed { Progress: var progress }) continue;
            seen.Add(progress);
            if (held.Count == 0 || progress.Copied < 2 * Disk) continue;
            speeds.AddRange(lab.Fleet.Vms.SelectMany(vm => vm.Jobs.All).Select(job => job.Speed));
            held.ForEach(hold => hold.Dispose()); // all stand at the half
            held.Clear();
        }

        Assert.Equal(RunStates.Succeeded, end!.State);
        Assert.Equal(4, speeds.Count);
        Assert.All(speeds, speed => Assert.InRange(speed, 1, Bandwidth));
        Assert.Contains(seen, progress =>
            progress.Copied > 0 && progress.Total == 4 * Disk && progress.Items.All(item => item.Step == "copy")
        );
        Assert.Contains(seen, progress => progress.Rate > 0);
        await lab.AssertNothingLeftAsync(2);
    }
}

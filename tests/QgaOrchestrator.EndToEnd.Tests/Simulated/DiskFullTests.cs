using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>The disk fills up under the node: no guest is frozen for it, the reason names it, and room is all that it
/// takes.</summary>
[Collection(nameof(Alone))]
public sealed class DiskFullTests(SmallDiskNode node) : IClassFixture<SmallDiskNode>
{
    private const int Vms = 6;
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);

    [SkippableFact]
    public async Task A_full_ledger_freezes_nobody_and_names_itself()
    {
        var (lab, disk) = await node.StartAsync(Vms, "ledger");
        await using var _ = lab;
        await lab.WaitForReadyAsync(Vms);
        disk.Fill();

        var (run, items) = await lab.BackupAsync();

        Assert.Equal(RunStates.Failed, run.State);
        Assert.All(items.Values, item =>
        {
            Assert.Contains(
                $"ledger {lab.Node.Ledger} cannot be written: No space left on device", item.Reason, StringComparison.Ordinal);
            Assert.Contains($"Make room on {lab.Node.Ledger}", item.Remedy, StringComparison.Ordinal);
        });
        Assert.All(lab.Fleet.Vms, vm => Assert.Equal(0, vm.Guest.Epoch));
        await SucceedsAsync(lab, disk, 0);
    }

    [SkippableFact]
    public async Task A_ledger_that_fills_up_inside_the_windows_keeps_nobody_frozen()
    {
        var (lab, disk) = await node.StartAsync(Vms, "ledger");
        await using var _ = lab;
        await lab.WaitForReadyAsync(Vms);
        var filled = lab.At(1, fact => fact.Kind == "freeze", disk.Fill);

        var (_, items) = await lab.BackupAsync();

        await filled;
        Assert.InRange(lab.Fleet.LongestFrozen, TimeSpan.Zero, Moment);
        Assert.All(items.Values, item =>
            Assert.True(
                item.State == ItemStates.Succeeded || item.Reason!.Contains("No space left on device", StringComparison.Ordinal),
                item.ToString()
            )
        );
        await SucceedsAsync(lab, disk, items.Values.Count(item => item.State == ItemStates.Succeeded));
    }

    [SkippableFact]
    public async Task A_full_target_freezes_nobody_and_leaves_nothing()
    {
        var (lab, disk) = await node.StartAsync(Vms, "data/points");
        await using var _ = lab;
        await lab.WaitForReadyAsync(Vms);
        disk.Fill();

        var (run, items) = await lab.BackupAsync();

        Assert.Equal(RunStates.Failed, run.State);
        Assert.All(items.Values, item =>
        {
            Assert.Contains("No space left on device", item.Reason, StringComparison.Ordinal);
            Assert.NotEmpty(item.Remedy!);
        });
        Assert.All(lab.Fleet.Vms, vm => Assert.Equal(0, vm.Guest.Epoch));
        await SucceedsAsync(lab, disk, 0);
    }

    [SkippableTheory]
    [InlineData("freeze")]
    [InlineData("cut")]
    public async Task A_full_data_directory_keeps_no_guest_frozen_and_the_run_resumes_later(
        string fact
    )
    {
        var (lab, disk) = await node.StartAsync(Vms, "data");
        await using var _ = lab;
        await lab.WaitForReadyAsync(Vms);
        using var elsewhere = new TemporaryTarget();
        var filled = lab.At(1, seen => seen.Kind == fact, disk.Fill);
        var run = await lab.StartBackupAsync(new JsonObject { ["target"] = elsewhere.Path });

        await filled;
        await lab.Fleet.Journal.Until(seen => seen.Kind == "thaw" && seen.Vm == lab.Vm(Vms)).WaitAsync(SimulatedLab.Limit);
        await Poll.UntilAsync("points without a journal", SimulatedLab.Limit, () => elsewhere.Points == Vms);
        Assert.InRange(lab.Fleet.LongestFrozen, TimeSpan.Zero, Moment);
        var refused = await lab.Node.CtlAsync("backup", "run", "--select", $"name={lab.Vm(1)}", "--detach");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("make room in its data directory", refused.Error, StringComparison.Ordinal);

        disk.MakeRoom();
        Assert.Equal(RunStates.Succeeded, (await lab.EndOfAsync(run)).State);
        await lab.AssertNothingLeftAsync(0);
    }

    /// <summary>All that it takes is room.</summary>
    private static async Task SucceedsAsync(SimulatedLab lab, SmallDisk disk, int pointsBefore)
    {
        disk.MakeRoom();
        Assert.Equal(RunStates.Succeeded, (await lab.BackupAsync()).Run.State);
        await lab.AssertNothingLeftAsync(pointsBefore + Vms);
    }

    private sealed class TemporaryTarget : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("qga-target-").FullName;

        public int Points => Directory.GetFiles(Path, "point.json", SearchOption.AllDirectories).Length;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}

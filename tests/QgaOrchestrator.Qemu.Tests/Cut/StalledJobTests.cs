using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods.Full;
using QgaOrchestrator.Qemu.Cut.Methods.Snapshot;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Cut;

/// <summary>A job that QEMU pauses and never resumes is not waited for for ever.</summary>
public sealed class StalledJobTests : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private static readonly CutLimits Short = new()
    {
        Poll = TimeSpan.FromMilliseconds(10),
        Paused = TimeSpan.FromMilliseconds(50),
    };

    private readonly TemporaryDirectory _directory = new();
    private readonly SimulatedFleet _fleet;
    private readonly SimulatedVm _vm;
    private readonly SocketMonitor _monitor;
    private readonly CutNames _names = CutNames.For("run", 1, 1);
    private readonly CutTarget _target;

    public StalledJobTests()
    {
        _fleet = new(_directory["fleet"], 1, new() { CopyTime = TimeSpan.Zero });
        _vm = _fleet.Vms[0];
        _monitor = new(_vm.MonitorPath, TimeProvider.System);
        _target = new(Directory.CreateDirectory(_directory["point"]).FullName, null);
    }

    private OverlayLedger Overlays => new(_directory["overlays"]);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_stalled_commit_is_cancelled_and_begun_again(int stalls)
    {
        var cut = await SnapshotAsync();
        var plan = await CutAsync(cut);
        for (var stall = 0; stall < stalls; stall++) _vm.Jobs.Stall("commit");
        await cut.FinishAsync(plan, _ => { }, default);
        Assert.Null(Overlays.Read(_vm.Name));
        Assert.Empty(_vm.Jobs.All);
        Assert.True(File.Exists(plan.Disks[0].Image));
    }

    [Fact]
    public async Task Commits_that_stall_each_time_are_told_and_the_overlay_stays_owed()
    {
        var cut = await SnapshotAsync();
        var plan = await CutAsync(cut);
        for (var stall = 0; stall < 9; stall++) _vm.Jobs.Stall("commit");
        var failed = await Assert.ThrowsAsync<CutException>(() => cut.FinishAsync(plan, _ => { }, default));
        Assert.Contains("could not be committed: Operation canceled", failed.Message, StringComparison.Ordinal);
        Assert.NotNull(Overlays.Read(_vm.Name));
    }

    [Fact]
    public async Task A_stalled_copy_is_told_and_undone()
    {
        await OpenAsync();
        var cut = new FullCut(new QmpMachine(_monitor), TimeProvider.System, Short);
        _vm.Jobs.Stall("backup");
        var plan = await CutAsync(cut);
        var failed = await Assert.ThrowsAsync<CutException>(() => cut.FinishAsync(plan, _ => { }, default));
        Assert.Contains("QEMU has paused the copy of disk 0", failed.Message, StringComparison.Ordinal);
        await cut.UndoAsync(_names, _target.Directory, default);
        Assert.Empty(_vm.Jobs.All);
        Assert.False(Directory.Exists(_target.Directory));
    }

    public async ValueTask DisposeAsync()
    {
        await _monitor.DisposeAsync();
        await _fleet.DisposeAsync();
        _directory.Dispose();
    }

    private async Task<SnapshotCut> SnapshotAsync()
    {
        await OpenAsync();
        return new SnapshotCut(new QmpMachine(_monitor), _vm.Name, Overlays, TimeProvider.System, Short);
    }

    private async Task OpenAsync() => Assert.IsType<MonitorOpenOutcome.Ready>(await _monitor.OpenAsync(Long));

    private async Task<CutPlan> CutAsync(ICut cut)
    {
        var plan = await cut.PrepareAsync(_names, _target, default);
        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
        return plan;
    }
}

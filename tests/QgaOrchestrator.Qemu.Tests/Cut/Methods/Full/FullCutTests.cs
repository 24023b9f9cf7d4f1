using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods.Full;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Cut.Methods.Full;

/// <summary>What goes wrong with a cut, told with reason and remedy, and nothing of it stays.</summary>
public sealed class FullCutTests : IAsyncDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private static readonly CutNames Names = CutNames.For("run", 1, 1);

    private readonly TemporaryDirectory _directory = new();
    private readonly SimulatedFleet _fleet;
    private readonly SimulatedVm _vm;
    private readonly SocketMonitor _monitor;
    private readonly FullCut _cut;
    private readonly CutTarget _target;

    public FullCutTests()
    {
        _fleet = new(_directory.Path, 1, new() { CopyTime = TimeSpan.Zero });
        _vm = _fleet.Vms[0];
        _monitor = new(_vm.MonitorPath, TimeProvider.System);
        _cut = new(new QmpMachine(_monitor), TimeProvider.System);
        _target = new(Directory.CreateDirectory(_directory["point"]).FullName, null);
    }

    [Fact]
    public async Task The_copies_are_followed_to_their_end_with_progress()
    {
        var plan = await PrepareAsync();
        _vm.Jobs.CopyTime = TimeSpan.FromHours(1);
        Assert.IsType<CutOutcome.Done>(await _cut.CutAsync(plan, Long));
        var (begun, seen) = (new TaskCompletionSource<CopyProgress>(), new List<CopyProgress>());
        var hold = _vm.Jobs.Hold("backup", 0);
        var finish = _cut.FinishAsync(plan, progress =>
        {
            seen.Add(progress);
            begun.TrySetResult(progress);
        }, default);
        await await Task.WhenAny(begun.Task, finish); // a finish that fails is told, and not waited for
        Assert.True((await begun.Task).Done < 64 << 20);
        _vm.Jobs.CopyTime = TimeSpan.Zero;
        hold.Dispose();
        await finish;
        Assert.Equal(new CopyProgress(128 << 20, 128 << 20), seen[^1]);
        AssertNothingLeft();
        Assert.All(plan.Disks, disk => Assert.True(File.Exists(disk.Image)));
    }

    [Theory]
    [InlineData("paused")]
    [InlineData("inmigrate")]
    [InlineData("io-error")]
    public async Task A_VM_that_does_not_run_is_refused(string status)
    {
        _vm.SetStatus(status);
        var failed = await RefusedAsync();
        Assert.Contains(status, failed.Message, StringComparison.Ordinal);
        Assert.NotEmpty(failed.Remedy);
    }

    [Fact]
    public async Task A_migrating_VM_is_refused()
    {
        _vm.Migration = "active";
        Assert.Contains("migrating", (await RefusedAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_target_fails_before_the_guest_is_frozen()
    {
        _vm.Jobs.Fail(
            "create",
            "Could not resize image: Failed to resize underlying file: Could not preallocate new data: No space left on device"
        );
        var failed = await RefusedAsync();
        Assert.Contains("no room", failed.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_target.Directory));
    }

    [Fact]
    public async Task Where_the_file_system_cannot_reserve_the_space_is_checked()
    {
        await OpenAsync();
        // Of the first disk's commands the first makes the file, and the second would reserve.
        _vm.Monitor.On("blockdev-create", Act.Error("Could not preallocate data: Operation not supported")).Once();
        var makesTheFile = _vm.Monitor.On("blockdev-create", Act.Execute, Act.Reply).Once();
        Assert.Equal(2, (await _cut.PrepareAsync(Names, _target, default)).Disks.Count);
        Assert.Equal(1, makesTheFile.Hits);
    }

    [Fact]
    public async Task A_monitor_that_hangs_is_unreachable_and_not_waited_for()
    {
        await OpenAsync();
        using var hang = _vm.Monitor.On("query-status", Act.Silence);
        var cut = new FullCut(
            new QmpMachine(_monitor), TimeProvider.System, new() { Prompt = TimeSpan.FromMilliseconds(50), Tries = 2 });
        var failed = await Assert.ThrowsAsync<CutException>(() => cut.PrepareAsync(Names, _target, default));
        Assert.True(failed.Unreachable);
        Assert.Equal(2, hang.Hits);
    }

    [Fact]
    public async Task A_monitor_that_was_late_once_is_asked_again()
    {
        await OpenAsync();
        _vm.Monitor.On("query-status", Act.Silence).Once();
        var cut = new FullCut(
            new QmpMachine(_monitor), TimeProvider.System, new() { Prompt = TimeSpan.FromMilliseconds(200), Tries = 20 });
        Assert.Equal(2, (await cut.PrepareAsync(Names, _target, default)).Disks.Count);
    }

    [Fact]
    public async Task A_copy_that_fails_tells_why_and_is_undone()
    {
        var plan = await PrepareAsync();
        _vm.Jobs.Fail("backup", "Input/output error");
        Assert.IsType<CutOutcome.Done>(await _cut.CutAsync(plan, Long));
        var failed = await Assert.ThrowsAsync<CutException>(() => _cut.FinishAsync(plan, _ => { }, default));
        Assert.Contains("Input/output error", failed.Message, StringComparison.Ordinal);
        Assert.False(await _cut.CanFinishAsync(plan, default));
        await _cut.UndoAsync(Names, plan.Directory, default);
        AssertNothingLeft();
        Assert.False(Directory.Exists(_target.Directory));
    }

    [Fact]
    public async Task A_cut_whose_reply_is_lost_is_unknown_and_found_by_looking()
    {
        var plan = await PrepareAsync();
        _vm.Monitor.On("transaction", Act.Execute, Act.Disconnect).Once();
        Assert.IsType<CutOutcome.Unknown>(await _cut.CutAsync(plan, Long));
        var lost = await Assert.ThrowsAsync<CutException>(() => _cut.CanFinishAsync(plan, default));
        Assert.True(lost.Unreachable);
        await OpenAsync();
        Assert.True(await _cut.CanFinishAsync(plan, default));
        await _cut.FinishAsync(plan, _ => { }, default);
        AssertNothingLeft();
    }

    [Fact]
    public async Task A_cut_that_QEMU_refuses_or_that_was_not_sent_cuts_nothing()
    {
        var plan = await PrepareAsync();
        _vm.Monitor.On("transaction", Act.Error("Cannot find device")).Once();
        Assert.Equal(new CutOutcome.Refused("Cannot find device"), await _cut.CutAsync(plan, Long));
        _monitor.Close();
        Assert.IsType<CutOutcome.Refused>(await _cut.CutAsync(plan, Long));
        Assert.Empty(_vm.Cuts);
    }

    [Fact]
    public async Task After_a_restart_of_QEMU_the_copy_is_lost()
    {
        var plan = await PrepareAsync();
        Assert.IsType<CutOutcome.Done>(await _cut.CutAsync(plan, Long));
        await _fleet.Restart(_vm.Name);
        _monitor.Close();
        await OpenAsync();
        Assert.False(await _cut.CanFinishAsync(plan, default));
        await Assert.ThrowsAsync<CutException>(() => _cut.FinishAsync(plan, _ => { }, default));
        await _cut.UndoAsync(Names, plan.Directory, default);
        Assert.False(Directory.Exists(_target.Directory));
    }

    [Fact]
    public async Task A_leftover_job_of_target_creation_is_not_taken_for_a_copy()
    {
        var plan = await PrepareAsync();
        foreach (var disk in plan.Disks)
        {
            var options = $$$"""
                {"job-id": "{{{Names.Job(disk.Index)}}}", "options": {"driver": "file", "filename": "{{{_directory[
                    "x"
                ]}}}", "size": 0}}
                """;
            await _monitor.ExecuteAsync("blockdev-create", System.Text.Encoding.UTF8.GetBytes(options), Long);
        }

        Assert.False(await _cut.CanFinishAsync(plan, default));
    }

    [Fact]
    public async Task Other_files_in_the_directory_are_not_ours()
    {
        var plan = await PrepareAsync();
        var other = Path.Combine(_target.Directory, "disk.qcow2");
        await File.WriteAllTextAsync(other, "mine");
        await _cut.UndoAsync(Names, plan.Directory, default);
        Assert.Equal([other], Directory.GetFiles(_target.Directory));
    }

    public async ValueTask DisposeAsync()
    {
        await _monitor.DisposeAsync();
        await _fleet.DisposeAsync();
        _directory.Dispose();
    }

    private void AssertNothingLeft()
    {
        Assert.Empty(_vm.Blocks.Leftovers);
        Assert.Empty(_vm.Jobs.All);
    }

    private async Task OpenAsync() => Assert.IsType<MonitorOpenOutcome.Ready>(await _monitor.OpenAsync(Long));

    private async Task<CutPlan> PrepareAsync()
    {
        await OpenAsync();
        return await _cut.PrepareAsync(Names, _target, default);
    }

    private async Task<CutException> RefusedAsync()
    {
        await OpenAsync();
        var failed = await Assert.ThrowsAsync<CutException>(() => _cut.PrepareAsync(Names, _target, default));
        Assert.False(failed.Unreachable);
        AssertNothingLeft();
        return failed;
    }
}

using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods;
using QgaOrchestrator.Qemu.Cut.Methods.Full;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Tests.Cut.Methods.Full;

/// <summary>The cut against a real QEMU: the copies are right, and its block graph is as before, whatever happened.</summary>
public sealed class RealFullCutTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [SkippableFact]
    public async Task Two_disks_are_copied_and_the_graph_is_as_before()
    {
        await using var qemu = await RealQemu.StartAsync();
        var before = await qemu.GraphAsync();
        await using var monitor = await qemu.OpenAsync();
        var cut = new FullCut(new QmpMachine(monitor), TimeProvider.System);
        var plan = await cut.PrepareAsync(CutNames.For("run", 1, 1), new(qemu.NewPoint(), null), default);
        Assert.Equal(["data-0", "data-1"], plan.Disks.Select(disk => disk.Serial));
        Assert.Equal([new PciAddress(0, 0, 2, 0), new PciAddress(0, 0, 3, 0)], plan.Disks.Select(disk => disk.Place?.Controller));
        Assert.False(await cut.CanFinishAsync(plan, default));

        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
        Assert.True(await cut.CanFinishAsync(plan, default));
        CopyProgress? last = null;
        await cut.FinishAsync(plan, progress => last = progress, default);

        Assert.Equal(new CopyProgress(16 << 20, 16 << 20), last);
        Assert.Equal(before, await qemu.GraphAsync());
        foreach (var disk in plan.Disks) qemu.AssertSame(disk.Index, disk.Image);
    }

    [SkippableFact]
    public async Task A_node_killed_after_any_command_leaves_nothing()
    {
        await using var qemu = await RealQemu.StartAsync();
        var before = await qemu.GraphAsync();
        var (killedAt, finished) = (new List<string>(), 0);
        // How many commands a run takes depends on QEMU's pace, so one pass may miss a command: some more find it.
        string[] all = ["blockdev-create", "blockdev-add", "job-dismiss", "transaction", "query-jobs", "blockdev-del"];
        var number = 0;
        for (var (pass, after) = (1, 1); pass <= 8 && (all.Except(killedAt).Any() || finished == 0); after++)
        {
            var names = CutNames.For("killed", 1, ++number);
            var directory = qemu.NewPoint();
            CutPlan? plan = null;
            await using var dying = new AbandoningMonitor(await qemu.OpenAsync(), after);
            var whole = await RunAsync(dying, names, directory, prepared => plan = prepared);
            if (whole)
            {
                (pass, after) = (pass + 1, 0);
                continue;
            }
            killedAt.Add(dying.Last!);

            await using var monitor = await qemu.OpenAsync();
            var next = new FullCut(new QmpMachine(monitor), TimeProvider.System);
            if (plan is not null && await next.CanFinishAsync(plan, default))
            {
                await next.FinishAsync(plan, _ => { }, default);
                finished++;
                foreach (var disk in plan.Disks) qemu.AssertSame(disk.Index, disk.Image);
                Assert.Equal(before, await qemu.GraphAsync());
            }

            await next.UndoAsync(names, directory, default);
            Assert.Equal(before, await qemu.GraphAsync());
            Assert.False(Directory.Exists(directory), dying.Last);
        }

        Assert.Empty(all.Except(killedAt));
        Assert.True(finished > 0);
    }

    [SkippableFact]
    public async Task A_running_copy_is_cancelled_by_an_undo_and_keeps_its_speed_until_then()
    {
        await using var qemu = await RealQemu.StartAsync(size: 64 << 20);
        var before = await qemu.GraphAsync();
        await using var monitor = await qemu.OpenAsync();
        var cut = new FullCut(new QmpMachine(monitor), TimeProvider.System);
        var names = CutNames.For("slow", 1, 1);
        var directory = qemu.NewPoint();
        var plan = await cut.PrepareAsync(names, new(directory, 65536), default);
        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
        var jobs = await qemu.AskAsync("query-block-jobs");
        Assert.All(jobs.EnumerateArray(), job => Assert.Equal(65536, job.GetProperty("speed").GetInt64()));
        using var stop = new CancellationTokenSource();
        var seen = new TaskCompletionSource<CopyProgress>();
        var finish = cut.FinishAsync(plan, progress => seen.TrySetResult(progress), stop.Token);
        await await Task.WhenAny(seen.Task, finish); // a finish that fails is told, and not waited for
        Assert.True((await seen.Task).Done < 128 << 20);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => finish);

        await cut.UndoAsync(names, directory, default);
        await cut.UndoAsync(names, directory, default);
        Assert.Equal(before, await qemu.GraphAsync());
        Assert.False(Directory.Exists(directory));
    }

    [SkippableFact]
    public async Task A_transaction_that_fails_cuts_nothing()
    {
        await using var qemu = await RealQemu.StartAsync();
        var before = await qemu.GraphAsync();
        await using var monitor = await qemu.OpenAsync();
        var cut = new FullCut(new QmpMachine(monitor), TimeProvider.System);
        var names = CutNames.For("refused", 1, 1);
        var plan = await cut.PrepareAsync(names, new(qemu.NewPoint(), null), default);
        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
        Assert.IsType<CutOutcome.Refused>(await cut.CutAsync(plan, Long));
        await cut.UndoAsync(names, plan.Directory, default);
        Assert.Equal(before, await qemu.GraphAsync());
    }

    [SkippableFact]
    public async Task The_sweep_removes_what_belongs_to_nobody_and_only_that()
    {
        await using var qemu = await RealQemu.StartAsync(disks: 1);
        var before = await qemu.GraphAsync();
        await using var monitor = await qemu.OpenAsync();
        var cut = new FullCut(new QmpMachine(monitor), TimeProvider.System);
        var job = new CutJob(
            new CutHost(qemu.NewPoint(), TimeProvider.System), "host~vm",
            new QmpMachine(monitor));
        var (kept, gone) = (CutNames.For("kept", 1, 1), CutNames.For("gone", 1, 1));
        var plan = await cut.PrepareAsync(kept, new(qemu.NewPoint(), null), default);
        var withKept = await qemu.GraphAsync();
        var other = await cut.PrepareAsync(gone, new(qemu.NewPoint(), 65536), default);
        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(other, Long));
        var removed = await CutMethods.All.SweepAsync(job, new HashSet<string> { kept.Hash }, default);
        Assert.Equal([gone.FileNode(0), gone.Job(0), gone.TargetNode(0)], removed.Order(StringComparer.Ordinal));
        Assert.Equal(withKept, await qemu.GraphAsync());
        await cut.UndoAsync(kept, plan.Directory, default);
        Assert.Equal(before, await qemu.GraphAsync());
        Assert.Empty(await CutMethods.All.SweepAsync(job, new HashSet<string>(), default));
    }

    [SkippableFact]
    public async Task A_directory_that_QEMU_does_not_see_is_told()
    {
        await using var qemu = await RealQemu.StartAsync(disks: 1);
        await using var monitor = await qemu.OpenAsync();
        var failed = await Assert.ThrowsAsync<CutException>(() => new FullCut(new QmpMachine(monitor), TimeProvider.System)
            .PrepareAsync(CutNames.For("nowhere", 1, 1), new("/nonexistent/point", null), default));
        Assert.Contains("/nonexistent/point/0.qcow2", failed.Message, StringComparison.Ordinal);
        Assert.False(failed.Unreachable);
    }

    /// <summary>True where nobody killed it.</summary>
    private static async Task<bool> RunAsync(
        AbandoningMonitor monitor, CutNames names, string directory, Action<CutPlan> prepared)
    {
        var cut = new FullCut(new QmpMachine(monitor), TimeProvider.System);
        try
        {
            var plan = await cut.PrepareAsync(names, new(directory, null), default);
            prepared(plan);
            if (await cut.CutAsync(plan, Long) is CutOutcome.Unknown) return false;
            await cut.FinishAsync(plan, _ => { }, default);
            return monitor.Last is null;
        }
        catch (CutException killed) when (killed.Unreachable)
        {
            return false;
        }
    }
}

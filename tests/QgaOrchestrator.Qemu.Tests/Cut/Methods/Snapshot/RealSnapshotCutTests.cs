using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Cut.Methods.Snapshot;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Tests.Cut.Methods.Snapshot;

/// <summary>Overlays against a real QEMU: the point is the disk at the cut, and nothing that was written is lost.</summary>
public sealed class RealSnapshotCutTests : IDisposable
{
    private const string Vm = "host~vm";
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private readonly TemporaryDirectory _directory = new();

    private OverlayLedger Overlays => new(_directory["overlays"]);

    [SkippableFact]
    public async Task What_is_written_after_the_cut_is_in_the_disk_alone_and_the_graph_is_as_before()
    {
        await using var qemu = await RealQemu.StartAsync();
        var before = await qemu.GraphAsync();
        await using var monitor = await qemu.OpenAsync();
        var cut = new SnapshotCut(new QmpMachine(monitor), Vm, Overlays, TimeProvider.System);
        var plan = await cut.PrepareAsync(CutNames.For("run", 1, 1), new(qemu.NewPoint(), null), default);
        Assert.False(await cut.CanFinishAsync(plan, default));
        await qemu.WriteAsync(0, 1, "2M");
        Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
        await qemu.WriteAsync(0, 2, "2M");
        Assert.NotNull(Overlays.Read(Vm));
        Assert.Throws<CutException>(() => Overlays.RequireNone(Vm, monitor.Process));
        Assert.True(await cut.CanFinishAsync(plan, default));
        await cut.FinishAsync(plan, _ => { }, default);

        Assert.Equal(before, await qemu.GraphAsync());
        Assert.Null(Overlays.Read(Vm));
        Assert.Equal(2, Directory.GetFiles(Path.GetDirectoryName(qemu.Disks[0])!, "*.qcow2").Length);
        RealQemu.AssertHolds(plan.Disks[0].Image, 1, "2M");
        RealQemu.AssertHolds(qemu.Disks[0], 2, "2M");
        qemu.AssertSame(1, plan.Disks[1].Image);
    }

    [SkippableFact]
    public async Task A_probe_file_that_a_killed_node_left_does_no_harm()
    {
        await using var qemu = await RealQemu.StartAsync();
        await using var monitor = await qemu.OpenAsync();
        var names = CutNames.For("run", 1, 1);
        var probe = Path.Combine(Path.GetDirectoryName(qemu.Disks[0])!, names.Overlay(0) + ".probe");
        // Left by a killed node, or a link of QEMU's user, who can write there.
        var victim = Path.Combine(qemu.NewPoint(), "victim");
        await File.WriteAllTextAsync(victim, "whole");
        File.CreateSymbolicLink(probe, victim);
        var cut = new SnapshotCut(new QmpMachine(monitor), Vm, Overlays, TimeProvider.System);
        var point = qemu.NewPoint();
        await cut.PrepareAsync(names, new(point, null), default);
        Assert.False(Path.Exists(probe));
        Assert.Equal("whole", await File.ReadAllTextAsync(victim));
        await cut.UndoAsync(names, point, default);
    }

    [SkippableFact]
    public async Task A_snapshot_killed_after_any_command_is_finished_or_committed_back()
    {
        await using var qemu = await RealQemu.StartAsync();
        var before = await qemu.GraphAsync();
        var (killedAt, finished, number) = (new List<string>(), 0, 0);
        string[] all =
        [
            "blockdev-create",
            "blockdev-add",
            "job-dismiss",
            "transaction",
            "blockdev-backup",
            "block-commit",
            "job-complete",
            "blockdev-del",
        ];
        for (var (pass, after) = (1, 1); pass <= 10 && (all.Except(killedAt).Any() || finished == 0); after++)
        {
            var names = CutNames.For("killed", 1, ++number);
            var directory = qemu.NewPoint();
            CutPlan? plan = null;
            await using var dying = new AbandoningMonitor(await qemu.OpenAsync(), after);
            if (await RunAsync(dying, names, directory, prepared => plan = prepared))
            {
                (pass, after) = (pass + 1, 0);
                continue;
            }

            killedAt.Add(dying.Last!);
            var pattern = number % 200 + 1;
            await using var monitor = await qemu.OpenAsync(); // QEMU has done the last command when it greets the next client
            await qemu.WriteAsync(0, pattern, "4M");
            var next = new SnapshotCut(new QmpMachine(monitor), Vm, Overlays, TimeProvider.System);
            if (plan is not null && await next.CanFinishAsync(plan, default))
            {
                await next.FinishAsync(plan, _ => { }, default);
                finished++;
                Assert.Equal(before, await qemu.GraphAsync());
            }

            await next.UndoAsync(names, directory, default);
            Assert.Equal(before, await qemu.GraphAsync());
            Assert.False(Directory.Exists(directory), dying.Last);
            Assert.Null(Overlays.Read(Vm));
            Assert.Equal(2, Directory.GetFiles(Path.GetDirectoryName(qemu.Disks[0])!, "*.qcow2").Length);
            await qemu.AssertReadsAsync(0, pattern, "4M");
        }

        Assert.Empty(all.Except(killedAt));
        Assert.True(finished > 0);
    }

    [SkippableFact]
    public async Task An_overlay_of_a_QEMU_that_is_gone_is_never_committed_and_its_VM_is_refused()
    {
        var names = CutNames.For("gone", 1, 1);
        string overlay;
        CutPlan plan;
        await using (var first = await RealQemu.StartAsync(disks: 1))
        {
            await using var monitor = await first.OpenAsync();
            var cut = new SnapshotCut(new QmpMachine(monitor), Vm, Overlays, TimeProvider.System);
            plan = await cut.PrepareAsync(names, new(first.NewPoint(), null), default);
            Assert.IsType<CutOutcome.Done>(await cut.CutAsync(plan, Long));
            overlay = _directory["kept.qcow2"];
            File.Copy(Overlays.Read(Vm)!.Disks[0].Overlay, overlay);
        }

        // As if its files had outlived it: the lab's directory is gone with it.
        var open = Overlays.Read(Vm)!;
        Overlays.Write(open with { Disks = [open.Disks[0] with { Overlay = overlay }] });
        await using var second = await RealQemu.StartAsync(disks: 1);
        var before = await second.GraphAsync();
        await using var again = await second.OpenAsync();
        var next = new SnapshotCut(new QmpMachine(again), Vm, Overlays, TimeProvider.System);
        Assert.False(await next.CanFinishAsync(plan, default));
        var lost = await Assert.ThrowsAsync<CutException>(() => next.UndoAsync(names, plan.Directory, default));
        Assert.Contains($"qemu-img commit -b {open.Disks[0].Base} {overlay}", lost.Remedy, StringComparison.Ordinal);
        await Assert.ThrowsAsync<CutException>(
            () => next.PrepareAsync(CutNames.For("next", 1, 1), new(second.NewPoint(), null), default));
        Assert.True(File.Exists(overlay));
        Assert.Equal(before, await second.GraphAsync());

        File.Delete(overlay);
        Overlays.RequireNone(Vm, again.Process);
        Assert.Null(Overlays.Read(Vm));
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>True where nobody killed it.</summary>
    private async Task<bool> RunAsync(AbandoningMonitor monitor, CutNames names, string directory, Action<CutPlan> prepared)
    {
        var cut = new SnapshotCut(new QmpMachine(monitor), Vm, Overlays, TimeProvider.System);
        try
        {
            var plan = await cut.PrepareAsync(names, new(directory, null), default);
            prepared(plan);
            if (await cut.CutAsync(plan, Long) is CutOutcome.Unknown) return false;
            await cut.FinishAsync(plan, _ => { }, default);
            return monitor.Last is null;
        }
        catch (CutException) when (monitor.Last is not null)
        {
            return false;
        }
    }
}

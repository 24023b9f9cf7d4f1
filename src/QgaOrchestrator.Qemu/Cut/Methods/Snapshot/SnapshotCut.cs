using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Cut.Methods.Snapshot;

/// <summary>
/// The cut of the backup method "snapshot": from the transaction on the guest writes to overlays beside its disks, the disks
/// stand still and are copied, then the overlays are committed back and removed: the block graph is as before. While they
/// are active they are an obligation in the <see cref="OverlayLedger"/>.
/// </summary>
/// <param name="vm">As in HOST~VM.</param>
public sealed class SnapshotCut(
    IQmpMachine machine, string vm, OverlayLedger overlays, TimeProvider time, CutLimits? limits = null) : ICut
{
    private readonly IMonitor _monitor = machine.Monitor;
    private readonly CutLimits _limits = limits ?? new();
    private string? _copied;

    public async Task<CutPlan> PrepareAsync(CutNames names, CutTarget target, CancellationToken cancel)
    {
        overlays.RequireNone(vm, machine.Process);
        var disks = await CutSteps.PlanAsync(machine, () => RequireIdleAsync(names), target, _limits).ConfigureAwait(false);
        return await CutSteps
            .MakeAsync(
                () => MakeAsync(names, target, disks, cancel),
                () => UndoAsync(names, target.Directory, CancellationToken.None)
            )
            .ConfigureAwait(false);
    }

    public Task<CutOutcome> CutAsync(CutPlan plan, TimeSpan timeout) => CutSteps.CutAsync(_monitor, plan, timeout);

    public Task FinishAsync(CutPlan plan, Action<CopyProgress> progress, CancellationToken cancel) =>
        CutSteps.AskingAsync(async () =>
    {
        var owed = OverlayOf(plan.Names);
        await CopyAsync(plan, owed, progress, cancel).ConfigureAwait(false);
        _copied = plan.Names.Hash;
        if (owed is not null) await SettleAsync(plan.Names, owed, cancel).ConfigureAwait(false);
        // The copies' jobs last: as long as one is there a crash's successor knows that they are whole.
        foreach (var disk in plan.Disks)
            await _monitor.DismissAsync(plan.Names.Job(disk.Index), _limits.Command).ConfigureAwait(false);
        return true;
    });

    public Task UndoAsync(CutNames names, string directory, CancellationToken cancel) => CutSteps.AskingAsync(async () =>
    {
        var removal = new Removal(_monitor, time, _limits);
        var owed = OverlayOf(names);
        var commits = owed?.Disks.Select(disk => names.Commit(disk.Index)).ToHashSet() ?? [];
        await removal.JobsAsync(name => names.Owns(name) && !commits.Contains(name), cancel).ConfigureAwait(false);
        if (owed is not null && !owed.IsOf(machine.Process))
        {
            TargetDirectory.Delete(directory);
            throw owed.Lost();
        }

        if (owed is not null) await SettleAsync(names, owed, cancel).ConfigureAwait(false);
        else await removal.NodesAsync(names.Owns, cancel).ConfigureAwait(false);
        TargetDirectory.Delete(directory);
        return true;
    });

    public Task<bool> CanFinishAsync(CutPlan plan, CancellationToken cancel) => CutSteps.AskingAsync(async () =>
    {
        using var watch = new JobWatch(_monitor, time, _limits);
        var copies = Copies.Of(plan, await watch.LookAsync().ConfigureAwait(false));
        if (copies.AnyFailed) return false;
        if (OverlayOf(plan.Names) is not { } owed) return !copies.NonePresent && !await HasNodesAsync(plan).ConfigureAwait(false);
        if (!owed.IsOf(machine.Process)) return false;
        // A base stands still as long as its overlay is active: its copy can begin as well as go on.
        var active = await new OverlayCommit(_monitor, overlays, time, _limits).ActiveAsync().ConfigureAwait(false);
        return copies.All.All(copy => copy.Job is not null || active.Contains(plan.Names.Overlay(copy.Disk.Index)));
    });

    private async Task<CutPlan> MakeAsync(
        CutNames names, CutTarget target, VmDisks found, CancellationToken cancel)
    {
        var disks = found.Cut;
        var images = new TargetImages(_monitor, time, names, _limits);
        var beside = new OverlayImages(_monitor, images, names, _limits);
        var overlaid = await beside.PlanAsync(disks).ConfigureAwait(false);
        foreach (var disk in disks)
        {
            cancel.ThrowIfCancellationRequested();
            await images.MakeAsync(disk, cancel).ConfigureAwait(false);
        }

        // Before the first overlay is made, so that each is found after a crash; and so before the transaction.
        overlays.Write(
            new(
                vm,
                names.Hash,
                machine.Process
                    ?? throw new CutException(
                        "it is not known which QEMU process this monitor belongs to",
                        "Use the method full: an overlay is committed only inside the process that made it."
                    ),
                HostProcesses.BootId(),
                time.GetUtcNow(),
                target.Directory,
                target.Bandwidth,
                overlaid
            )
        );
        foreach (var (disk, overlay) in disks.Zip(overlaid))
            await beside.MakeAsync(disk, overlay, cancel).ConfigureAwait(false);

        // Again, after everything slow: it is the last look before the guest is frozen.
        await RequireIdleAsync(names).ConfigureAwait(false);
        return new(names, target.Directory, disks)
        {
            Machine = found,
            Request = SnapshotTransaction(names, disks),
        };
    }

    private static ReadOnlyMemory<byte> SnapshotTransaction(CutNames names, IEnumerable<PlannedDisk> disks) =>
        MonitorArguments.Write(json =>
    {
        json.WriteStartArray("actions");
        foreach (var disk in disks)
        {
            json.WriteStartObject();
            json.WriteString("type", "blockdev-snapshot");
            json.WriteStartObject("data");
            json.WriteString("node", disk.Node);
            json.WriteString("overlay", names.Overlay(disk.Index));
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private Task RequireIdleAsync(CutNames names) => Readiness.RequireIdleAsync(machine, _limits, names);

    /// <summary>Starts the copies that nobody has started yet, and follows all of them to their end.</summary>
    private async Task CopyAsync(CutPlan plan, OpenOverlay? owed, Action<CopyProgress> progress, CancellationToken cancel)
    {
        using var watch = new JobWatch(_monitor, time, _limits);
        if (owed is not null && owed.IsOf(machine.Process))
            await StartAsync(plan, owed, Copies.Of(plan, await watch.LookAsync().ConfigureAwait(false))).ConfigureAwait(false);
        while (true)
        {
            var copies = Copies.Of(plan, await watch.LookAsync().ConfigureAwait(false));
            progress(copies.Progress);
            copies.ThrowIfFailed(watch);
            if (copies.AnyMissing && _copied != plan.Names.Hash
                && (owed is not null || copies.NonePresent || await HasNodesAsync(plan).ConfigureAwait(false)))
                throw new CutException("QEMU no longer knows the copy: QEMU was restarted, or somebody removed the job",
                    "Run the backup of this VM again.");
            if (copies.RestConcluded) return;
            await watch.ChangedAsync(cancel).ConfigureAwait(false);
        }
    }

    private async Task StartAsync(CutPlan plan, OpenOverlay owed, Copies copies)
    {
        var active = await new OverlayCommit(_monitor, overlays, time, _limits).ActiveAsync().ConfigureAwait(false);
        foreach (var disk in copies.All.Where(copy => copy.Job is null).Select(copy => copy.Disk))
        {
            if (!active.Contains(plan.Names.Overlay(disk.Index))) continue;
            var arguments = MonitorArguments.Write(
                json => BlockCopies.WriteCopy(json, plan.Names, disk, owed.Bandwidth, qemu: null));
            if (await _monitor.TryAsync("blockdev-backup", arguments, _limits.Command).ConfigureAwait(false) is { } refused)
                throw new CutException(
                    $"the copy of disk {disk.Index} ({disk.Node}) was refused: {refused}",
                    "See QEMU's own log, and run the backup again."
                );
        }
    }

    /// <summary>Commits what is active, then removes nodes, files and the obligation.</summary>
    private async Task SettleAsync(CutNames names, OpenOverlay owed, CancellationToken cancel)
    {
        if (!owed.IsOf(machine.Process)) throw owed.Lost();
        await new OverlayCommit(_monitor, overlays, time, _limits).RunAsync(owed, cancel).ConfigureAwait(false);
        // QEMU refuses to delete a node that is in use, so a file is removed only when nothing stands on it.
        await new Removal(_monitor, time, _limits).NodesAsync(names.Owns, cancel).ConfigureAwait(false);
        foreach (var disk in owed.Disks) File.Delete(disk.Overlay);
        overlays.Remove(vm);
    }

    private OpenOverlay? OverlayOf(CutNames names) => overlays.Read(vm) is { } open && open.Hash == names.Hash ? open : null;

    private async Task<bool> HasNodesAsync(CutPlan plan) =>
        (await QueryNamedBlockNodes.AskAsync(_monitor, _limits.Command).ConfigureAwait(false) ?? [])
            .Any(node => plan.Names.Owns(node.NodeName ?? ""));
}

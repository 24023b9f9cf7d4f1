using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>
/// The cut of the backup method "full": a copy of every writable disk as it is at the transaction. QEMU copies a block
/// before the guest overwrites it, so the guest is thawed as soon as the transaction is answered. Nothing of the VM's own
/// block graph changes, at no time.
/// </summary>
public sealed class FullBackupCut(IMonitor monitor, TimeProvider time, CutLimits? limits = null) : ICut
{
    private readonly CutLimits _limits = limits ?? new();
    private string? _copied;

    public async Task<CutPlan> PrepareAsync(CutNames names, CutTarget target, CancellationToken cancel)
    {
        var disks = await AskingAsync(() => PlanAsync(target)).ConfigureAwait(false);
        try
        {
            return await AskingAsync(() => MakeAsync(names, target, disks, cancel)).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            try
            {
                await UndoAsync(names, target.Directory, CancellationToken.None).ConfigureAwait(false);
            }
            catch (CutException undo) when (error is CutException cause)
            {
                throw new CutException($"{cause.Message}; and then {undo.Message}", cause.Remedy, undo.Unreachable);
            }

            throw;
        }
    }

    public async Task<CutOutcome> CutAsync(CutPlan plan, TimeSpan timeout) =>
        await monitor.ExecuteAsync("transaction", plan.Request, timeout).ConfigureAwait(false) switch
        {
            MonitorOutcome.Returned => new CutOutcome.Done(),
            MonitorOutcome.Refused refused => new CutOutcome.Refused(refused.Description),
            MonitorOutcome.NotSent notSent => new CutOutcome.Refused(notSent.Reason),
            MonitorOutcome.Unknown unknown => new CutOutcome.Unknown(unknown.Reason),
            var other => new CutOutcome.Unknown(other.ToString()),
        };

    public Task FinishAsync(CutPlan plan, Action<CopyProgress> progress, CancellationToken cancel) => AskingAsync(async () =>
    {
        using var watch = new JobWatch(monitor, time, _limits);
        while (true)
        {
            var copies = Copies.Of(plan, await watch.LookAsync().ConfigureAwait(false));
            progress(copies.Progress);
            copies.ThrowIfFailed();
            if (copies.AllConcluded) break;
            if (copies.AnyMissing) await RequireInCleaningAsync(plan, copies).ConfigureAwait(false);
            if (copies.RestConcluded) break;
            await watch.ChangedAsync(cancel).ConfigureAwait(false);
        }

        _copied = plan.Names.Hash;
        // Nodes first: as long as one job is there the next look knows that the copies are whole.
        await new Removal(monitor, time, _limits).NodesAsync(plan.Names.Owns, cancel).ConfigureAwait(false);
        foreach (var disk in plan.Disks)
            await monitor.DismissAsync(plan.Names.Job(disk.Index), _limits.Command).ConfigureAwait(false);
        return true;
    });

    public Task UndoAsync(CutNames names, string directory, CancellationToken cancel) => AskingAsync(async () =>
    {
        var removal = new Removal(monitor, time, _limits);
        await removal.JobsAsync(names.Owns, cancel).ConfigureAwait(false);
        await removal.NodesAsync(names.Owns, cancel).ConfigureAwait(false);
        TargetDirectory.Delete(directory);
        return true;
    });

    public Task<bool> CanFinishAsync(CutPlan plan, CancellationToken cancel) => AskingAsync(async () =>
    {
        using var watch = new JobWatch(monitor, time, _limits);
        var copies = Copies.Of(plan, await watch.LookAsync().ConfigureAwait(false));
        if (copies.AnyFailed || copies.NonePresent) return false;
        return !copies.AnyMissing || !await HasNodesAsync(plan).ConfigureAwait(false);
    });

    /// <summary>Looks only: when it fails nothing was made, and a QEMU that hangs is not waited for again.</summary>
    private async Task<IReadOnlyList<PlannedDisk>> PlanAsync(CutTarget target)
    {
        try
        {
            await Readiness.RequireAsync(monitor, _limits).ConfigureAwait(false);
            var disks = await Readiness.PromptlyAsync(
                _limits, timeout => WritableDisks.ListAsync(monitor, target, timeout)).ConfigureAwait(false);
            return disks.Count > 0 ? disks : throw new CutException(
                "the VM has no writable disk", "Leave it out of the selection: there is nothing to back up.");
        }
        catch (Exception error) when (error is CutException or MonitorException)
        {
            TargetDirectory.Delete(target.Directory);
            throw;
        }
    }

    private async Task<CutPlan> MakeAsync(
        CutNames names, CutTarget target, IReadOnlyList<PlannedDisk> disks, CancellationToken cancel)
    {
        var version = await QueryVersion.AskAsync(monitor, _limits.Command).ConfigureAwait(false);
        var images = new TargetImages(monitor, time, names, _limits);
        foreach (var disk in disks)
        {
            cancel.ThrowIfCancellationRequested();
            await images.MakeAsync(disk, cancel).ConfigureAwait(false);
        }

        // Again, after everything slow: it is the last look before the guest is frozen.
        await Readiness.RequireAsync(monitor, _limits).ConfigureAwait(false);
        return new(names, target.Directory, disks)
        {
            Request = BackupTransaction.Write(names, disks, target.Bandwidth, version),
        };
    }

    /// <summary>A job that is gone was dismissed by us, which happens only after all nodes went; else its copy is lost.</summary>
    private async Task RequireInCleaningAsync(CutPlan plan, Copies copies)
    {
        if (_copied == plan.Names.Hash) return;
        if (copies.NonePresent || await HasNodesAsync(plan).ConfigureAwait(false))
            throw new CutException("QEMU does not know the copy any more: it was restarted, or somebody removed its job",
                "Run the backup of this VM again.");
    }

    private async Task<bool> HasNodesAsync(CutPlan plan) =>
        (await QueryNamedBlockNodes.AskAsync(monitor, _limits.Command).ConfigureAwait(false) ?? [])
            .Any(node => plan.Names.Owns(node.NodeName ?? ""));

    private static async Task<T> AskingAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (MonitorException silent)
        {
            throw CutErrors.Unreachable(silent);
        }
    }
}

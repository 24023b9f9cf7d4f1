using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut.Methods.Full;

/// <summary>
/// The cut of the backup method "full": a copy of every writable disk as it is at the transaction. QEMU copies a block
/// before the guest overwrites it, so the guest is thawed as soon as the transaction is answered. Nothing of the VM's own
/// block graph changes, at no time.
/// </summary>
public sealed class FullCut(IQmpMachine machine, TimeProvider time, CutLimits? limits = null) : ICut
{
    private readonly IMonitor _monitor = machine.Monitor;
    private readonly CutLimits _limits = limits ?? new();
    private string? _copied;

    public async Task<CutPlan> PrepareAsync(CutNames names, CutTarget target, CancellationToken cancel)
    {
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
        using var watch = new JobWatch(_monitor, time, _limits);
        while (true)
        {
            var copies = Copies.Of(plan, await watch.LookAsync().ConfigureAwait(false));
            progress(copies.Progress);
            copies.ThrowIfFailed(watch);
            if (copies.AllConcluded) break;
            if (copies.AnyMissing) await RequireInCleaningAsync(plan, copies).ConfigureAwait(false);
            if (copies.RestConcluded) break;
            await watch.ChangedAsync(cancel).ConfigureAwait(false);
        }

        _copied = plan.Names.Hash;
        // Nodes first: as long as one job is there the next look knows that the copies are whole.
        await new Removal(_monitor, time, _limits).NodesAsync(plan.Names.Owns, cancel).ConfigureAwait(false);
        foreach (var disk in plan.Disks)
            await _monitor.DismissAsync(plan.Names.Job(disk.Index), _limits.Command).ConfigureAwait(false);
        return true;
    });

    public Task UndoAsync(CutNames names, string directory, CancellationToken cancel) => CutSteps.AskingAsync(async () =>
    {
        var removal = new Removal(_monitor, time, _limits);
        await removal.JobsAsync(names.Owns, cancel).ConfigureAwait(false);
        await removal.NodesAsync(names.Owns, cancel).ConfigureAwait(false);
        TargetDirectory.Delete(directory);
        return true;
    });

    public Task<bool> CanFinishAsync(CutPlan plan, CancellationToken cancel) => CutSteps.AskingAsync(async () =>
    {
        using var watch = new JobWatch(_monitor, time, _limits);
        var copies = Copies.Of(plan, await watch.LookAsync().ConfigureAwait(false));
        if (copies.AnyFailed || copies.NonePresent) return false;
        return !copies.AnyMissing || !await HasNodesAsync(plan).ConfigureAwait(false);
    });

    private async Task<CutPlan> MakeAsync(
        CutNames names, CutTarget target, VmDisks found, CancellationToken cancel)
    {
        var disks = found.Cut;
        var version = await machine.VersionAsync(_limits.Command).ConfigureAwait(false);
        var images = new TargetImages(_monitor, time, names, _limits);
        foreach (var disk in disks)
        {
            cancel.ThrowIfCancellationRequested();
            await images.MakeAsync(disk, cancel).ConfigureAwait(false);
        }

        // Again, after everything slow: it is the last look before the guest is frozen.
        await RequireIdleAsync(names).ConfigureAwait(false);
        return new(names, target.Directory, disks)
        {
            Machine = found,
            Request = BlockCopies.Transaction(names, disks, target.Bandwidth, version),
        };
    }

    private Task RequireIdleAsync(CutNames names) => Readiness.RequireIdleAsync(machine, _limits, names);

    /// <summary>A job that is gone was dismissed by us, which happens only after all nodes went; else its copy is lost.</summary>
    private async Task RequireInCleaningAsync(CutPlan plan, Copies copies)
    {
        if (_copied == plan.Names.Hash) return;
        if (copies.NonePresent || await HasNodesAsync(plan).ConfigureAwait(false))
            throw new CutException("QEMU no longer knows the copy: QEMU was restarted, or somebody removed the job",
                "Run the backup of this VM again.");
    }

    private async Task<bool> HasNodesAsync(CutPlan plan) =>
        (await QueryNamedBlockNodes.AskAsync(_monitor, _limits.Command).ConfigureAwait(false) ?? [])
            .Any(node => plan.Names.Owns(node.NodeName ?? ""));
}

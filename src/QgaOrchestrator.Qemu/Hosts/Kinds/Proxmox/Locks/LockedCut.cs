using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Locks;

/// <summary>
/// A cut under a lock in the VM's config. It is refused where somebody else has locked the VM, and a copy ends when somebody
/// does, or when the VM moves away. Disks that its owner leaves out of backups, and drives for media, are left out here too.
/// </summary>
internal sealed class LockedCut(ICut inner, ProxmoxVm vm, ConfigLock held, CutJob job) : ICut
{
    public async Task<CutPlan> PrepareAsync(CutNames names, CutTarget target, CancellationToken cancel)
    {
        var config = await BeginAsync(names, target.Directory, cancel).ConfigureAwait(false);
        var given = target.Exclude;
        string[] left = [.. config.Disks.Where(disk => disk.IsLeftOut || disk.IsMedium).Select(disk => disk.Key)];
        try
        {
            target = target with
            {
                Exclude = [.. target.Exclude.Union(left)],
                Thin = await new ThinVolumes(vm.Site, job.Host.Time).MeasureAsync(config).ConfigureAwait(false),
            };
            var plan = await inner.PrepareAsync(names, target, cancel).ConfigureAwait(false);
            return plan with { Machine = plan.Machine is { } disks ? Told(disks, left.Except(given)) : null };
        }
        catch
        {
            await held.TryReleaseAsync(names.Hash).ConfigureAwait(false);
            throw;
        }
    }

    public Task<CutOutcome> CutAsync(CutPlan plan, TimeSpan timeout) => inner.CutAsync(plan, timeout);

    public async Task FinishAsync(CutPlan plan, Action<CopyProgress> progress, CancellationToken cancel)
    {
        var hash = plan.Names.Hash;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var copying = inner.FinishAsync(plan, progress, ends.Token);
        var lost = await WatchAsync(hash, copying, cancel).ConfigureAwait(false);
        if (lost is not null) await ends.CancelAsync().ConfigureAwait(false);
        try
        {
            await copying.ConfigureAwait(false);
        }
        catch (Exception) when (lost is not null && !cancel.IsCancellationRequested)
        {
            throw lost;
        }

        await held.TryReleaseAsync(hash).ConfigureAwait(false);
    }

    public async Task UndoAsync(CutNames names, string directory, CancellationToken cancel)
    {
        try
        {
            await inner.UndoAsync(names, directory, cancel).ConfigureAwait(false);
        }
        catch (CutException)
        {
            // What is left in QEMU is swept later, or its QEMU is gone.
            await held.TryReleaseAsync(names.Hash).ConfigureAwait(false);
            throw;
        }

        await held.TryReleaseAsync(names.Hash).ConfigureAwait(false);
    }

    public async Task<bool> CanFinishAsync(CutPlan plan, CancellationToken cancel) =>
        await held.LossAsync(plan.Names.Hash).ConfigureAwait(false) is null
        && await inner.CanFinishAsync(plan, cancel).ConfigureAwait(false);

    /// <summary>Looks at the config from time to time until the copy has ended.</summary>
    /// <returns>Why it cannot go on; null: it has ended.</returns>
    private async Task<CutException?> WatchAsync(string hash, Task copying, CancellationToken cancel)
    {
        while (!copying.IsCompleted && !cancel.IsCancellationRequested)
        {
            var looking = held.LossAsync(hash);
            await Task.WhenAny(copying, looking).ConfigureAwait(false);
            if (copying.IsCompleted) break;
            if (await looking.ConfigureAwait(false) is { } lost) return lost;
            using var due = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var pause = Task.Delay(job.Host.Limits.Poll, job.Host.Time, due.Token);
            await Task.WhenAny(copying, pause).ConfigureAwait(false);
            await due.CancelAsync().ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>Locks the VM, where its source says so. Nothing is made where that fails.</summary>
    private async Task<GuestConfig> BeginAsync(CutNames names, string directory, CancellationToken cancel)
    {
        try
        {
            var config = await held.RequireFreeAsync(names.Hash).ConfigureAwait(false);
            if (vm.Site.TakesLock && job.IsRehearsal) await held.RequireQuorumAsync().ConfigureAwait(false);
            else if (vm.Site.TakesLock) await held.TakeAsync(names.Hash, cancel).ConfigureAwait(false);
            return config;
        }
        catch
        {
            TargetDirectory.Delete(directory);
            throw;
        }
    }

    /// <summary>What the config names and this QEMU has not, nobody has asked for.</summary>
    private static VmDisks Told(VmDisks disks, IEnumerable<string> byConfig) =>
        disks with { UnknownExclusions = [.. disks.UnknownExclusions.Except(byConfig)] };
}

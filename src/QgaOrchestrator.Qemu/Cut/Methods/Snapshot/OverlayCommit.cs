using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut.Methods.Snapshot;

/// <summary>Writes what is in active overlays back to their bases, until each base is its device's disk again.</summary>
internal sealed class OverlayCommit(IMonitor monitor, OverlayLedger overlays, TimeProvider time, CutLimits limits)
{
    /// <summary>So often a commit that was cancelled is begun again.</summary>
    private const int Repeats = 3;

    /// <summary>The nodes that devices write to now.</summary>
    public async Task<IReadOnlySet<string>> ActiveAsync() =>
        (await QueryBlock.AskAsync(monitor, limits.Command).ConfigureAwait(false)
            ?? throw new CutException("this QEMU does not tell of its disks (query-block)", "Needs QEMU 4.0 or later."))
        .Select(device => device.Inserted?.NodeName ?? "").ToHashSet();

    /// <summary>Idempotent: what is committed already is left alone. Each disk is noted before its job is dismissed.</summary>
    /// <exception cref="CutException">An overlay could not be committed: it holds what the guest wrote.</exception>
    public async Task RunAsync(OpenOverlay owed, CancellationToken cancel)
    {
        var names = CutNames.FromHash(owed.Hash);
        using var watch = new JobWatch(monitor, time, limits);
        for (var cancelled = 0; ;)
        {
            var jobs = await watch.LookAsync().ConfigureAwait(false);
            foreach (var disk in owed.Disks)
            {
                if (jobs.FirstOrDefault(job => job.Id == names.Commit(disk.Index)) is not { IsConcluded: true } ended) continue;
                if (ended.Error is null)
                    overlays.Write(
                        owed = owed with
                        {
                            Disks = [.. owed.Disks.Select(d => d.Index == disk.Index ? d with { Committed = true } : d)],
                        }
                    );
                await monitor.DismissAsync(ended.Id, limits.Command).ConfigureAwait(false);
                if (!ended.WasCancelled || ++cancelled > Repeats) Require(disk, ended.Error);
            }

            var active = await ActiveAsync().ConfigureAwait(false);
            var open = false;
            foreach (var disk in owed.Disks.Where(disk => !disk.Committed))
                open |= await StepAsync(names, disk, watch, jobs, active).ConfigureAwait(false);
            if (!open) return;
            await watch.ChangedAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <returns>False: the disk's overlay was never active.</returns>
    private async Task<bool> StepAsync(
        CutNames names, OverlaidDisk disk, JobWatch watch, IReadOnlyList<Job> jobs, IReadOnlySet<string> active)
    {
        var (overlay, id) = (names.Overlay(disk.Index), names.Commit(disk.Index));
        switch (jobs.FirstOrDefault(job => job.Id == id))
        {
            case { Status: "ready" }:
                // Refused where the job moved on in between: the next look tells.
                await monitor.TryAsync("job-complete", "id", id, limits.Command).ConfigureAwait(false);
                return true;
            case { } job:
                // Nothing is lost: until it is ready the overlay has all that the guest wrote, and a new commit begins.
                if (watch.IsStalled(job)) await monitor.CancelAsync(id, limits.Command).ConfigureAwait(false);
                return true;
            case null when active.Contains(overlay):
                Require(disk, await monitor.TryAsync("block-commit", MonitorArguments.Write(json =>
                {
                    json.WriteString("job-id", id);
                    json.WriteString("device", overlay);
                    json.WriteString("base-node", disk.Node);
                    json.WriteBoolean("auto-dismiss", false);
                }), limits.Command).ConfigureAwait(false));
                return true;
            case null:
                // It stands on its base, so it was active, and its device is gone or somebody put a layer on top.
                if (await IsStackedAsync(overlay).ConfigureAwait(false))
                    Require(disk, "no device writes to it any more, or another layer lies on it");
                return false;
        }
    }

    private async Task<bool> IsStackedAsync(string overlay) =>
        (await QueryNamedBlockNodes.AskAsync(monitor, limits.Command).ConfigureAwait(false) ?? [])
            .Any(node => node.NodeName == overlay && node.BackingDepth > 0);

    private static void Require(OverlaidDisk disk, string? error)
    {
        if (error is not null)
            throw new CutException(
                $"the overlay {disk.Overlay} holds what the guest wrote and could not be committed: {error}",
                "See the storage of the VM's disk; the node tries again before the next backup and at its next start. Do not "
                    + "restart the VM until then."
            );
    }
}

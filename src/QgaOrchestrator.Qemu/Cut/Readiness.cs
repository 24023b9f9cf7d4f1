using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>Whether a VM may be cut now: it runs, it stays where it is, nobody else is at its disks, and its monitor answers at
/// once.</summary>
internal static class Readiness
{
    /// <param name="names">The attempt's, where QEMU itself is to do something to the disks: QEMU does one job on a disk at a
    /// time.</param>
    /// <exception cref="CutException">It does not run, it is moving, or its disks are busy.</exception>
    /// <exception cref="MonitorException">The monitor does not answer.</exception>
    public static async Task RequireAsync(IMonitor monitor, CutLimits limits, CutNames? names = null)
    {
        var state = await PromptlyAsync(limits, timeout => QueryStatus.AskAsync(monitor, timeout)).ConfigureAwait(false);
        if (state is { Running: false })
            throw new CutException($"the VM does not run: it is {state.Status ?? "stopped"}",
                "Start or resume it: the agent of a stopped VM can neither freeze nor thaw.");
        var migration = await QueryMigrate.AskAsync(monitor, limits.Command).ConfigureAwait(false);
        if (QueryMigrate.IsUnderWay(migration))
            throw new CutException(
                $"the VM is migrating ({migration})", "Wait for the end of the migration, then run the backup again.");
        if (names is not null) await RequireIdleAsync(monitor, limits, names).ConfigureAwait(false);
    }

    private static async Task RequireIdleAsync(IMonitor monitor, CutLimits limits, CutNames names)
    {
        var jobs = await QueryJobs.AskAsync(monitor, limits.Command).ConfigureAwait(false) ?? [];
        // Jobs that make an image are on no disk of the VM.
        var others = jobs.Where(job => !names.Owns(job.Id) && !job.IsConcluded && job.Type is not ("create" or "amend")).ToList();
        if (others.Count > 0)
            throw new CutException(
                $"QEMU is at another job on the VM's disks: "
                    + $"{string.Join(", ", others.Select(job => $"{job.Id} ({job.Type}, {job.Status})"))}",
                "Wait for its end, or cancel it, then run the backup again."
            );
    }

    /// <summary>Asks what a healthy QEMU answers at once. A host that is busy for a moment gets another try; the last one
    /// has to be in time.</summary>
    public static async Task<T> PromptlyAsync<T>(CutLimits limits, Func<TimeSpan, Task<T>> ask)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ask(limits.Prompt).ConfigureAwait(false);
            }
            catch (MonitorException) when (attempt < limits.Tries)
            {
                // Asked again.
            }
        }
    }
}

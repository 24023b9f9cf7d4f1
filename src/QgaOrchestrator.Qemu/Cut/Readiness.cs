using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>Whether a VM may be cut now: it runs, it stays where it is, nobody else is at its disks, and its monitor answers at
/// once.</summary>
internal static class Readiness
{
    /// <exception cref="CutException">It does not run, or it is moving.</exception>
    /// <exception cref="MonitorException">The monitor does not answer.</exception>
    public static async Task RequireAsync(IMachine machine, CutLimits limits)
    {
        var state = await PromptlyAsync(limits, machine.StatusAsync).ConfigureAwait(false);
        if (state is { Running: false })
            throw new CutException($"the VM does not run: it is {state.Status ?? "stopped"}",
                "Start or resume it: the agent of a stopped VM can neither freeze nor thaw.");
        if (await machine.MigrationAsync(limits.Command).ConfigureAwait(false) is { } migration)
            throw new CutException(
                $"the VM is migrating ({migration})", "Wait for the end of the migration, then run the backup again.");
    }

    /// <summary>The same for a cut that QEMU makes: QEMU does one job on a disk at a time.</summary>
    /// <exception cref="CutException">It does not run, it is moving, or its disks are busy.</exception>
    /// <exception cref="MonitorException">The monitor does not answer.</exception>
    public static async Task RequireIdleAsync(IQmpMachine machine, CutLimits limits, CutNames names)
    {
        await RequireAsync(machine, limits).ConfigureAwait(false);
        await RequireNoJobAsync(machine.Monitor, limits, names).ConfigureAwait(false);
    }

    private static async Task RequireNoJobAsync(IMonitor monitor, CutLimits limits, CutNames names)
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

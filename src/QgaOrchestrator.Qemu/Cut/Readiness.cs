using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>Whether a VM may be cut now: it runs, it stays where it is, and its monitor answers at once.</summary>
internal static class Readiness
{
    /// <exception cref="CutException">It does not run, or it is moving.</exception>
    /// <exception cref="MonitorException">The monitor does not answer.</exception>
    public static async Task RequireAsync(IMonitor monitor, CutLimits limits)
    {
        var state = await PromptlyAsync(limits, timeout => QueryStatus.AskAsync(monitor, timeout)).ConfigureAwait(false);
        if (state is { Running: false })
            throw new CutException($"the VM does not run: it is {state.Status ?? "stopped"}",
                "Start or resume it: the agent of a stopped VM can neither freeze nor thaw.");
        var migration = await QueryMigrate.AskAsync(monitor, limits.Command).ConfigureAwait(false);
        if (QueryMigrate.IsUnderWay(migration))
            throw new CutException($"the VM is migrating ({migration})", "Wait for the end of the migration, then run the backup again.");
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

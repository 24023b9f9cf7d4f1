using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>Removes jobs and nodes with names of ours from QEMU that belong to no attempt that is under way.</summary>
internal static class BlockSweep
{
    /// <param name="kinds">The kinds of names (<see cref="CutNames"/>) to look for.</param>
    /// <param name="unsettled">Hashes (<see cref="CutNames.Hash"/>) of the attempts to keep.</param>
    /// <returns>The names that were removed.</returns>
    /// <exception cref="CutException">The monitor does not answer, or something could not be removed.</exception>
    public static async Task<IReadOnlyList<string>> RunAsync(
        CutJob job, string kinds, IReadOnlySet<string> unsettled, CancellationToken cancel)
    {
        if (job.Machine is not Machines.IQmpMachine { Monitor: var monitor }) return [];
        bool IsAbandoned(string name) =>
            CutNames.Read(name) is var (hash, kind) && kinds.Contains(kind) && !unsettled.Contains(hash);
        var limits = job.Host.Limits;
        try
        {
            var found = await ListAsync(monitor, IsAbandoned, limits.Command).ConfigureAwait(false);
            if (found.Count == 0) return found;
            var removal = new Removal(monitor, job.Host.Time, limits);
            await removal.JobsAsync(IsAbandoned, cancel).ConfigureAwait(false);
            await removal.NodesAsync(IsAbandoned, cancel).ConfigureAwait(false);
            return found;
        }
        catch (MonitorException silent)
        {
            throw CutErrors.Unreachable(silent);
        }
    }

    private static async Task<List<string>> ListAsync(IMonitor monitor, Func<string, bool> isAbandoned, TimeSpan timeout)
    {
        var jobs = await QueryJobs.AskAsync(monitor, timeout).ConfigureAwait(false) ?? [];
        var nodes = await QueryNamedBlockNodes.AskAsync(monitor, timeout).ConfigureAwait(false) ?? [];
        return [.. jobs.Select(job => job.Id).Concat(nodes.Select(node => node.NodeName ?? "")).Where(isAbandoned)];
    }
}

using System.Text.RegularExpressions;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>The sweep: jobs and nodes with names of ours that belong to no item that is still under way.</summary>
public static partial class LeftBehind
{
    /// <param name="keep">Hashes (<see cref="CutNames.Hash"/>) of the attempts that are not settled.</param>
    /// <returns>The names that were removed.</returns>
    /// <exception cref="CutException">The monitor does not answer, or something could not be removed.</exception>
    public static async Task<IReadOnlyList<string>> RemoveAsync(
        IMonitor monitor, IReadOnlySet<string> keep, TimeProvider time, CancellationToken cancel)
    {
        var limits = new CutLimits();
        bool Abandoned(string name) => Name().Match(name) is { Success: true } ours && !keep.Contains(ours.Groups[1].Value);
        try
        {
            var found = await ListAsync(monitor, Abandoned, limits.Command).ConfigureAwait(false);
            if (found.Count == 0) return found;
            var removal = new Removal(monitor, time, limits);
            await removal.JobsAsync(Abandoned, cancel).ConfigureAwait(false);
            await removal.NodesAsync(Abandoned, cancel).ConfigureAwait(false);
            return found;
        }
        catch (MonitorException silent)
        {
            throw CutErrors.Unreachable(silent);
        }
    }

    private static async Task<List<string>> ListAsync(IMonitor monitor, Func<string, bool> abandoned, TimeSpan timeout)
    {
        var jobs = await QueryJobs.AskAsync(monitor, timeout).ConfigureAwait(false) ?? [];
        var nodes = await QueryNamedBlockNodes.AskAsync(monitor, timeout).ConfigureAwait(false) ?? [];
        return [.. jobs.Select(job => job.Id).Concat(nodes.Select(node => node.NodeName ?? "")).Where(abandoned)];
    }

    [GeneratedRegex(@"^q-([a-z2-7]{10})-[0-9]{2,}-[ftojc]\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}

using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>Takes jobs and nodes of ours out of a QEMU, in whatever state a crash left them.</summary>
internal sealed class Removal(IMonitor monitor, TimeProvider time, CutLimits limits)
{
    /// <summary>Cancels what runs, waits for its end, dismisses it.</summary>
    public async Task JobsAsync(Func<string, bool> ours, CancellationToken cancel)
    {
        using var watch = new JobWatch(monitor, time, limits);
        var start = time.GetTimestamp();
        while (true)
        {
            var jobs = (await watch.LookAsync().ConfigureAwait(false)).Where(job => ours(job.Id)).ToList();
            if (jobs.Count == 0) return;
            foreach (var job in jobs)
            {
                // Refused where the job moved on in between: the next look tells.
                if (job.IsConcluded) await monitor.DismissAsync(job.Id, limits.Command).ConfigureAwait(false);
                else await monitor.CancelAsync(job.Id, limits.Command).ConfigureAwait(false);
            }

            if (jobs.All(job => job.IsConcluded) && time.GetElapsedTime(start) < limits.Poll) continue;
            GiveUp(start, jobs.Select(job => job.Id), "jobs");
            await watch.ChangedAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes nodes, each before the one that it stands on.</summary>
    public async Task NodesAsync(Func<string, bool> ours, CancellationToken cancel)
    {
        using var watch = new JobWatch(monitor, time, limits);
        var start = time.GetTimestamp();
        while (true)
        {
            var nodes = await QueryNamedBlockNodes.AskAsync(monitor, limits.Command).ConfigureAwait(false)
                ?? throw new CutException("this QEMU does not tell of its block nodes", "Needs QEMU 4.0 or later.");
            var left = nodes.Select(node => node.NodeName ?? "").Where(ours).OrderBy(IsFile).ToList();
            if (left.Count == 0) return;
            string? refused = null;
            foreach (var node in left)
                refused = await monitor.DeleteNodeAsync(node, limits.Command).ConfigureAwait(false) ?? refused;
            if (refused is null) continue;
            GiveUp(start, left, "nodes", refused);
            await watch.ChangedAsync(cancel).ConfigureAwait(false);
        }
    }

    private static bool IsFile(string node) => node.EndsWith("-f", StringComparison.Ordinal);

    private void GiveUp(long start, IEnumerable<string> names, string what, string detail = "still there")
    {
        if (time.GetElapsedTime(start) < limits.Removal) return;
        throw new CutException($"QEMU still has {what} of this node: {string.Join(", ", names)} ({detail})",
            "They go with the VM's next start; until then see the target's storage, which may hang.");
    }
}

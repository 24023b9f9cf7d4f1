using System.Globalization;

namespace QgaOrchestrator.Core.Runs;

/// <summary>A run's start and end as the node's log tells them: what, how many, who, how it ended. Never an argument of
/// it.</summary>
public static class RunWords
{
    public static string Started(RunState run) =>
        $"Run {run.Id} has started: {Kind(run)} of {Vms(run.Counts.Total)} ({run.Select}), asked for by "
            + $"{run.StartedBy ?? "an earlier version"}"
        + (run.RetryOf is { } of ? $", to retry {of}" : "");

    public static string Continues(RunState run) =>
        $"Run {run.Id} continues after a restart: {Kind(run)}, {run.Counts.Total - run.Counts.Pending - run.Counts.Running} of "
            + $"{Vms(run.Counts.Total)} done";

    public static string Ended(RunState run)
    {
        var counts = run.Counts;
        string[] others =
        [
            .. from part in new[]
            {
                (counts.Failed, "failed"),
                (counts.Unreachable, "unreachable"),
                (counts.Unknown, "unknown"),
                (counts.Cancelled, "cancelled"),
            }
               where part.Item1 > 0
               select $", {part.Item1} {part.Item2}",
        ];
        return $"Run {run.Id} has ended, {run.Phase.ToString().ToLowerInvariant()}: {Kind(run)}, {counts.Succeeded} of "
            + $"{Vms(counts.Total)} succeeded{string.Concat(others)}, after {Duration(run)}"
            + (run.Reason is null ? "" : $": {run.Reason}");
    }

    private static string Kind(RunState run) => run.Options.DryRun ? $"{run.Kind} (dry run)" : run.Kind;

    private static string Vms(int count) => count == 1 ? "1 VM" : string.Create(CultureInfo.InvariantCulture, $"{count} VMs");

    private static string Duration(RunState run) =>
        ((run.EndedAt ?? run.StartedAt) - run.StartedAt).ToString(@"hh\:mm\:ss\.f", CultureInfo.InvariantCulture);
}

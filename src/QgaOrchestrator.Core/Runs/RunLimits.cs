using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Core.Runs;

/// <summary>How many VMs may be under way at once beside the run's total: by host, by label value, by target, and one that must
/// be alone.</summary>
internal static class RunLimits
{
    public const string Alone = "alone";

    /// <summary>What counts this item, and up to how many.</summary>
    public static IEnumerable<(string Key, int Limit)> Of(RunState run, RunItem item)
    {
        var options = run.Options;
        if (item.Note.Freeze == FreezeMode.Alone) yield return (Alone, 1);
        if (options.MaxParallelPerHost is { } perHost) yield return ($"host {item.Vm.Host}", perHost);
        // Without a named target each host has its own.
        if (options.MaxParallelPerTarget is { } perTarget)
            yield return ($"target {run.Target ?? item.Vm.Host}", perTarget);
        foreach (var (label, limit) in options.MaxParallelPerLabel ?? NoLabels)
            if (item.Note.Labels?.GetValueOrDefault(label) is { } value) yield return ($"label {label}={value}", limit);
    }

    private static readonly IReadOnlyDictionary<string, int> NoLabels = new Dictionary<string, int>();
}

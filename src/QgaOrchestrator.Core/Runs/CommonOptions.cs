namespace QgaOrchestrator.Core.Runs;

/// <summary>The options of every kind of run: how many VMs at once, in which waves, and when to stop.</summary>
public static class CommonOptions
{
    private const int MaxParallel = 50;

    private static readonly TimeSpan UnreachableAfter = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan ShortestTime =
        TimeSpan.FromMilliseconds(1), LongestSoak = TimeSpan.FromDays(30), LongestDeadline = TimeSpan.FromDays(365);

    /// <param name="maxFailures">The kind's default.</param>
    public static IReadOnlyList<OptionInfo> Of(CountOrPercent maxFailures) =>
    [
        new("maxParallel", "N", $"{MaxParallel}", "maximum number of VMs at a time"),
        new("maxParallelPerHost", "N", null, "maximum number of VMs at a time on one host"),
        new("maxParallelPerLabel", "LABEL=N", null, "maximum number of VMs at a time for each value of a label")
            { Example = "app=2" },
        new("maxParallelPerTarget", "N", null, "maximum number of VMs at a time for one target"),
        new("maxFailures", "N|%", $"{maxFailures}", "start no more VMs when more than this have failed"),
        new("maxUnreachable", "N|%", $"{CountOrPercent.All}", "start no more VMs when more than this were not reached"),
        new("canary", "N|%", null, "VMs to try first; the run stops if none of them succeeds"),
        new("waves", "N|%,…", null, "cumulative steps after the canary") { Example = "10%,50%" },
        new("soak", "TIME", null, "time to wait after each wave") { Example = "10m" },
        new("unreachableAfter", "TIME|never", $"{UnreachableAfter:c}",
            "give up VMs whose host is away this long; never (null over HTTP): wait for it"),
        new("deadline", "TIME", null, "abort the run this long after its start") { Example = "8h" },
        new("dryRun", "true|false", "false", "only check and plan; change nothing"),
    ];

    /// <summary>What holds where nothing is given, by option: of every kind's and of one kind's own.</summary>
    /// <param name="maxFailures">The kind's default.</param>
    /// <param name="own">The kind's own options.</param>
    public static IReadOnlyDictionary<string, string> Defaults(CountOrPercent maxFailures, IReadOnlyList<OptionInfo> own) =>
        Of(maxFailures)
            .Concat(own)
            .Where(option => option.Default is not null)
            .ToDictionary(option => option.Name, option => option.Default!);

    /// <summary>Reads them all; reports each that is wrong.</summary>
    /// <param name="maxFailures">The kind's default.</param>
    public static RunOptions Read(RunOptionReader reader, CountOrPercent maxFailures)
    {
        var read = new RunOptions
        {
            MaxParallel = reader.Count("maxParallel") ?? MaxParallel,
            MaxParallelPerHost = reader.Count("maxParallelPerHost"),
            MaxFailures = reader.CountOrPercent("maxFailures") ?? maxFailures,
            MaxUnreachable = reader.CountOrPercent("maxUnreachable") ?? CountOrPercent.All,
            MaxParallelPerLabel = reader.Counts("maxParallelPerLabel"),
            MaxParallelPerTarget = reader.Count("maxParallelPerTarget"),
            Canary = reader.CountOrPercent("canary", least: 1),
            Waves = reader.CountsOrPercents("waves"),
            Soak = reader.Duration("soak", ShortestTime, LongestSoak),
            UnreachableAfter = reader.IsNull("unreachableAfter")
                ? null
                : reader.Duration("unreachableAfter", ShortestTime, LongestDeadline) ?? UnreachableAfter,
            Deadline = reader.Duration("deadline", ShortestTime, LongestDeadline),
            DryRun = reader.Flag("dryRun"),
        };
        if (Falls([.. new[] { read.Canary }.OfType<CountOrPercent>(), .. read.Waves ?? []]))
            reader.Fail(
                "waves",
                "expected cumulative steps, each larger than the one before and than the canary, as in [\"10%\", \"50%\"]");
        return read;
    }

    /// <summary>Numbers are compared with numbers and percentages with percentages; how the two compare depends on the
    /// targets.</summary>
    private static bool Falls(IReadOnlyList<CountOrPercent> steps) =>
        steps.GroupBy(step => step.Percent).Any(
            same => same.Zip(same.Skip(1)).Any(pair => pair.Second.Value <= pair.First.Value));
}

using System.Text.Json;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Kinds.Command;
using QgaOrchestrator.Core.Kinds.Exec;

namespace QgaOrchestrator.Core.Runs;

/// <summary>
/// One kind of run. To add one: a file in Kinds with its steps and options, a line in <see cref="All"/>, a member of
/// <see cref="RunOptions"/>, and the actor that does an item's work (Actors/Vms/ItemsActor.Worker).
/// </summary>
/// <param name="Name">As in POST /v1/runs.</param>
/// <param name="NeedsSelector">A missing selector is refused: the kind changes guests.</param>
/// <param name="MaxFailures">The default budget.</param>
/// <param name="Steps">An item's steps in their order.</param>
/// <param name="OptionNames">The kind's own options.</param>
/// <param name="Read">Reads the kind's own options into the run's; reports each that is wrong.</param>
public sealed record RunKind(
    string Name, bool NeedsSelector, CountOrPercent MaxFailures, IReadOnlyList<RunStep> Steps, IReadOnlyList<string> OptionNames,
    Func<RunOptions, RunOptionReader, RunOptions> Read)
{
    /// <summary>The kind's options whose values stand in no journal, view, log or message.</summary>
    public IReadOnlyList<string> SecretOptions { get; init; } = [];

    /// <summary>Those whose values a viewer is not shown.</summary>
    public IReadOnlyList<string> OperatorOptions { get; init; } = [];

    /// <summary>Options as they are journalled, and the secret values apart; null: there are none.</summary>
    public Func<RunOptions, (RunOptions Journalled, RunSecrets? Secrets)> Part { get; init; } = options => (options, null);

    /// <summary>The names of what journalled options had among their secrets.</summary>
    public Func<RunOptions, IReadOnlyList<string>> EnvNames { get; init; } = _ => [];

    private static readonly TimeSpan ShortestTime =
        TimeSpan.FromMilliseconds(1), LongestSoak = TimeSpan.FromDays(30), LongestDeadline = TimeSpan.FromDays(365);

    public static IReadOnlyList<RunKind> All { get; } = [BackupKind.Kind, CommandKind.Kind, ExecKind.Kind];

    public static RunKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);

    /// <summary>The options of a new run, complete; or every fault in them.</summary>
    public (RunOptions? Options, IReadOnlyList<string> Errors) ParseOptions(JsonElement? options)
    {
        var reader = new RunOptionReader(options, [.. Common, .. OptionNames], SecretOptions);
        var parsed = Read(
            new RunOptions
            {
                MaxParallel = reader.Count("maxParallel") ?? 50,
                MaxParallelPerHost = reader.Count("maxParallelPerHost"),
                MaxFailures = reader.CountOrPercent("maxFailures") ?? MaxFailures,
                MaxUnreachable = reader.CountOrPercent("maxUnreachable") ?? CountOrPercent.All,
                MaxParallelPerLabel = reader.Counts("maxParallelPerLabel"),
                MaxParallelPerTarget = reader.Count("maxParallelPerTarget"),
                Canary = reader.CountOrPercent("canary", least: 1),
                Waves = reader.CountsOrPercents("waves"),
                Soak = reader.Duration("soak", ShortestTime, LongestSoak),
                Deadline = reader.Duration("deadline", ShortestTime, LongestDeadline),
                DryRun = reader.Flag("dryRun"),
            },
            reader);
        if (Falling([.. new[] { parsed.Canary }.OfType<CountOrPercent>(), .. parsed.Waves ?? []]))
            reader.Fail(
                "waves",
                "expected cumulative steps, each larger than the one before and than the canary, as in [\"10%\", \"50%\"]"
            );
        return reader.Errors.Count == 0 ? (parsed, []) : (null, reader.Errors);
    }

    /// <summary>Among numbers and among percentages; how the two compare only the targets tell.</summary>
    private static bool Falling(IReadOnlyList<CountOrPercent> steps) =>
        steps.GroupBy(step => step.Percent).Any(
            same => same.Zip(same.Skip(1)).Any(pair => pair.Second.Value <= pair.First.Value));

    private static readonly string[] Common =
    [
        "maxParallel", "maxParallelPerHost", "maxParallelPerLabel", "maxParallelPerTarget", "maxFailures", "maxUnreachable",
        "canary", "waves", "soak", "deadline", "dryRun",
    ];
}

/// <summary>One step of an item, told for the reader; the program shows its name. The order is in the kind's item.</summary>
/// <param name="Name">As an item's <c>step</c> shows it.</param>
/// <param name="Does">What it does.</param>
/// <param name="Undone">How it is undone.</param>
/// <param name="AfterCrash">What is unknown after a crash, and how that is settled.</param>
public sealed record RunStep(string Name, string Does, string Undone, string AfterCrash);

using System.Globalization;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Audit;

/// <summary>
/// The audit entries of a run's events: for its start and end, for each pause, resume and abort, and for the start and outcome
/// of each attempt on each VM. A pure function: events that are read again after a crash give the same entries with the same
/// keys. A run that only checks changes no guest, so its items have none.
/// </summary>
internal static class RunLines
{
    /// <summary>Who started a run whose journal, of an earlier version, does not say it.</summary>
    private const string Unknown = "unknown";

    /// <param name="run">The run after the event.</param>
    /// <param name="host">The node that writes the entries.</param>
    /// <param name="details">What the run's kind tells of an item's own values, each a clause.</param>
    public static IEnumerable<AuditEntry> Of(
        RunState run, RunEvent happened, string host, Func<OwnValues?, IEnumerable<string>> details)
    {
        return happened switch
        {
            RunEvent.RunStarted e =>
            [
                Line(
                    e.At,
                    "run",
                    "started",
                    AuditOutcomes.Started,
                    detail: $"{(run.Options.DryRun ? "check for " : "")}{e.Kind} of {e.Select}, {run.Counts.Total} "
                        + $"VMs{(e.RetryOf is { } of ? $", retry of {of}" : "")}"
                ),
            ],
            RunEvent.ItemsDispatched or RunEvent.ItemsSettled when run.Options.DryRun => [],
            RunEvent.ItemsDispatched e => e.Items.Select(i =>
                Line(
                    e.At,
                    run.Kind,
                    Key(i.Item, i.Attempt, "started"),
                    AuditOutcomes.Started,
                    vm: run.Items[i.Item].Vm.ToString(),
                    detail: i.Attempt > 1 ? $"attempt {i.Attempt}" : null
                )
            ),
            RunEvent.ItemsSettled e => e.Outcomes.Select(o =>
                Line(
                    e.At,
                    run.Kind,
                    Key(o.Item, o.Attempt, "ended"),
                    Outcome(o),
                    Code(o),
                    run.Items[o.Item].Vm.ToString(),
                    detail: Detail(o, details(o.Values))
                )
            ),
            RunEvent.RunPaused e => [Line(e.At, "run pause", Key(e.At, "paused"), AuditOutcomes.Done, by: e.By)],
            RunEvent.RunResumed e => [Line(e.At, "run resume", Key(e.At, "resumed"), AuditOutcomes.Done, by: e.By)],
            RunEvent.RunAborted e =>
                [Line(e.At, "run abort", Key(e.At, "aborted"), AuditOutcomes.Done, by: e.By ?? "node", detail: e.Reason)],
            RunEvent.RunFinished e => [Line(
                e.At, "run", "ended", e.Phase == RunPhase.Succeeded ? AuditOutcomes.Done : AuditOutcomes.Failed,
                e.Phase == RunPhase.Succeeded ? null : Name(e.Phase),
                detail: $"{run.Counts.Succeeded} of {run.Counts.Total} succeeded{(e.Reason is { } why ? $": {why}" : "")}")],
            _ => throw new InvalidOperationException($"no line for {happened.GetType().Name}"),
        };

        AuditEntry Line(
            DateTimeOffset at,
            string what,
            string key,
            string outcome,
            string? code = null,
            string? vm = null,
            string? by = null,
            string? detail = null
        ) =>
            new(at, by ?? run.StartedBy ?? Unknown, null, what, vm, run.Id, host, outcome, code)
            {
                Detail = detail,
                Key = $"{run.Id}/{key}",
            };
    }

    /// <summary>Of an attempt that has succeeded after its run had settled it otherwise: what it made is there.</summary>
    public static IEnumerable<AuditEntry> Late(
        RunState run, ItemOutcome outcome, DateTimeOffset at, string host, Func<OwnValues?, IEnumerable<string>> details) =>
        Of(run, new RunEvent.ItemsSettled([outcome], at), host, details).Select(line => line with
        {
            Key = $"{line.Key} late",
            Detail = $"{(line.Detail is { } told ? $"{told}; " : "")}told after its run had given the attempt up",
        });

    private static string Key(int item, int attempt, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{item}/{attempt}/{what}");

    private static string Key(DateTimeOffset at, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{what}/{at.UtcTicks}");

    private static string Outcome(ItemOutcome outcome) => outcome switch
    {
        { State: ItemState.Succeeded } => AuditOutcomes.Done,
        { State: ItemState.Unknown } => AuditOutcomes.Unknown,
        { RefusedBy: not null } => AuditOutcomes.Refused,
        _ => AuditOutcomes.Failed,
    };

    private static string? Code(ItemOutcome outcome) =>
        outcome.State == ItemState.Succeeded ? null : outcome.RefusedBy ?? Name(outcome.State);

    private static string? Detail(ItemOutcome outcome, IEnumerable<string> details)
    {
        string[] clauses = [.. details, .. outcome.Reason is { } why ? [why] : (string[])[]];
        return clauses.Length == 0 ? null : string.Join("; ", clauses);
    }

    private static string Name<T>(T state) where T : struct, Enum => state.ToString().ToLowerInvariant();
}

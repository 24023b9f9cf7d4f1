using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

internal static class RunListCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var state = ListFilters.Words(
            "--state",
            "STATE,…",
            "Only runs in one of these states",
            RunStates.Waiting,
            RunStates.Running,
            RunStates.Pausing,
            RunStates.Paused,
            RunStates.Aborting,
            RunStates.Succeeded,
            RunStates.Partial,
            RunStates.Failed,
            RunStates.Aborted
        );
        var kind = new Option<string>("--kind")
        {
            Description = "Only runs of this kind, as the list names it",
            HelpName = "KIND",
        };
        var since = TimeOption.Since("Only runs that were made since this time, or in the last 2h, 7d", host.Time);
        var limit = ListFilters.Limit("At most this many, the newest");
        var command = new CliCommand(
            "list",
            "Lists runs, the newest first.",
            "qgactl run list --since 24h",
            "qgactl run list --state failed,partial --limit 10"
        ) { state, kind, since, limit };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            DateTimeOffset? kept = null;
            var from = parsed.GetValue(since) ?? DateTimeOffset.MinValue;
            var runs = await client.ListRunsAsync(first => kept = first, cancel)
                .Where(run => (run.CreatedAt ?? run.StartedAt) is not { } made || made >= from)
                .Where(run => ListFilters.Has(parsed.GetValue(state), run.State))
                .Where(run => ListFilters.Has(parsed.GetValue(kind), run.Kind)
                    || ListFilters.Has(parsed.GetValue(kind), host.Kinds.NameOf(run)))
                .Take(parsed.GetValue(limit) ?? int.MaxValue)
                .ToListAsync(cancel)
                .ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, new Page<Run>(runs, null) { KeptFrom = kept });
            else
                Write(host, runs, kept);
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Write(CliHost host, IReadOnlyList<Run> runs, DateTimeOffset? kept)
    {
        var hasReasons = runs.Any(run => run.Reason is not null);
        string[] header = ["ID", "KIND", "STATE", "DONE", "FAILED", "STARTED"];
        var table = new TextTable(hasReasons ? [.. header, "REASON"] : header);
        foreach (var run in runs)
        {
            var counts = run.Items;
            table.Add([
                run.Id,
                host.Kinds.NameOf(run),
                Painted.State(run.State),
                $"{counts.Succeeded}/{counts.Total}",
                $"{counts.Failed + counts.Unreachable + counts.Unknown}",
                host.Screen.Time(run.StartedAt ?? run.CreatedAt),
                .. hasReasons ? [run.Reason] : (Painted[])[],
            ]);
        }
        table.Write(host.Screen);
        if (kept is { } since)
            host.Error.WriteLine($"The list begins at {host.Screen.Time(since)}; of older runs it has those whose points "
                + "still exist (Store.Keep).");
    }
}

using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

internal static class RunCommands
{
    public static Command Build(CliHost host, GlobalOptions global)
    {
        var wait = new Option<bool>("--wait") { Description = "Lets copies finish instead of cancelling them" };
        var abort = Acting("abort", "Aborts a run: starts no more VMs and cancels copies.",
            (client, id, parsed, cancel) => client.AbortRunAsync(id, parsed.GetValue(wait), cancel));
        abort.Add(wait);
        return new Command("run", "Shows, pauses, resumes, aborts and retries runs.")
        {
            List(host, global),
            Show(host, global),
            Watch(host, global),
            RunResultsCommand.Build(host, global),
            Acting("pause", "Pauses a run: starts no more VMs. Open windows finish.", (client, id, _, cancel) =>
                client.PauseRunAsync(id, cancel)
            ),
            Acting("resume", "Resumes a paused run.", (client, id, _, cancel) => client.ResumeRunAsync(id, cancel)),
            abort,
            Retry(host, global),
        };

        Command Acting(string name, string help, Func<QgaClient, string, ParseResult, CancellationToken, Task<Run>> act)
        {
            var id = Id();
            var command = new Command(name, help) { id };
            command.SetAction(async (parsed, cancel) =>
            {
                using var client = global.Connect(parsed, host);
                var run = await act(client, parsed.GetRequiredValue(id), parsed, cancel).ConfigureAwait(false);
                if (global.IsJson(parsed))
                    CliJson.Write(host.Out, run);
                else
                    host.Out.WriteLine($"Run {run.Id} is {run.State}.");
                return ExitCodes.Done;
            });
            return command;
        }
    }

    /// <summary>Says that a run is under way, and how to see it.</summary>
    public static void Started(CliHost host, Run run, bool json)
    {
        if (json)
            CliJson.Write(host.Out, run);
        else
            host.Out.WriteLine(
                $"Run {run.Id} is {run.State}, of {Text.Count(run.Items.Total, "VM")}. Watch it: qgactl run watch {run.Id}");
    }

    private static Argument<string> Id() => new("ID") { Description = "A run's id" };

    private static Command List(CliHost host, GlobalOptions global)
    {
        var command = new Command("list", "Lists runs.");
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            DateTimeOffset? kept = null;
            var runs = await client.ListRunsAsync(from => kept = from, cancel).ToListAsync(cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
            {
                CliJson.Write(host.Out, new Page<Run>(runs, null) { KeptFrom = kept });
                return ExitCodes.Done;
            }
            var table = new TextTable("ID", "KIND", "STATE", "DONE", "TROUBLE", "STARTED");
            foreach (var run in runs)
            {
                var counts = run.Items;
                table.Add(run.Id, Text.Kind(run), run.State, $"{counts.Succeeded}/{counts.Total}",
                    $"{counts.Failed + counts.Unreachable + counts.Unknown}", Text.Time(run.StartedAt ?? run.CreatedAt));
            }
            table.Write(host.Out, host.TableWidth);
            if (kept is { } since)
                host.Error.WriteLine(
                    $"Runs are kept from {Text.Time(since)} on, and older ones whose points are there (Store.Keep).");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Show(CliHost host, GlobalOptions global)
    {
        var id = Id();
        var command = new Command("show", "Shows what was asked, what happened, what went wrong, and what to do next.") { id };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var report = await RunFollower.ReportAsync(client, parsed.GetRequiredValue(id), cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, report);
            else
                RunStory.Write(host.Out, report, host.TableWidth);
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command Watch(CliHost host, GlobalOptions global)
    {
        var id = Id();
        var command =
            new Command("watch", "Shows a run until it ends, and exits with its result. Ctrl-C stops showing it.") { id };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            return await new RunFollower(host, client, global.IsJson(parsed)).FollowAsync(parsed.GetRequiredValue(id), cancel)
                .ConfigureAwait(false);
        });
        return command;
    }

    private static Command Retry(CliHost host, GlobalOptions global)
    {
        var id = Id();
        var command = new Command("retry", "Starts a new run over all VMs that did not succeed.") { id };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var run = await RunFollower.StartAsync(() => client.RetryRunAsync(parsed.GetRequiredValue(id), cancel))
                .ConfigureAwait(false);
            Started(host, run, global.IsJson(parsed));
            return ExitCodes.Done;
        });
        return command;
    }
}

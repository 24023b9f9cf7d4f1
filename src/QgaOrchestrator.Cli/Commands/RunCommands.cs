using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;

namespace QgaOrchestrator.Cli.Commands;

internal static class RunCommands
{
    /// <param name="ofKinds">Commands that start runs of one kind.</param>
    public static CliCommand Build(CliHost host, GlobalOptions global, IEnumerable<CliCommand> ofKinds)
    {
        var wait = new Option<bool>("--wait") { Description = "Lets copies finish instead of cancelling them" };
        var abort = Acting("abort", "Aborts a run: starts no more VMs and cancels copies.",
            (client, id, parsed, cancel) => client.AbortRunAsync(id, parsed.GetValue(wait), cancel));
        abort.Add(wait);
        var run = new CliCommand("run", "Shows, pauses, resumes, aborts and retries runs.")
        {
            RunListCommand.Build(host, global),
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
        foreach (var command in ofKinds) run.Add(command);
        return run;

        CliCommand Acting(string name, string help, Func<QgaClient, string, ParseResult, CancellationToken, Task<Run>> act)
        {
            var id = Id();
            var command = new CliCommand(name, help, $"qgactl run {name} 01K8XQ5T") { id };
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

    private static Argument<string> Id() => new("ID") { Description = "The id of a run: qgactl run list" };

    private static CliCommand Show(CliHost host, GlobalOptions global)
    {
        var id = Id();
        var command = new CliCommand(
            "show",
            "Shows a run: what was asked, what happened, what failed and why, and what to do next.",
            "qgactl run show 01K8XQ5T"
        ) { id };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var report = await RunFollower.ReportAsync(client, parsed.GetRequiredValue(id), cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, report);
            else
                RunDetails.Write(host.Screen, report, host.Kinds);
            return ExitCodes.Done;
        });
        return command;
    }

    private static CliCommand Watch(CliHost host, GlobalOptions global)
    {
        var id = Id();
        var command = new CliCommand(
            "watch",
            "Shows a run until it ends, and exits with its result. Ctrl-C stops the display; the run continues.",
            "qgactl run watch 01K8XQ5T"
        ) { id };
        command.Exits = ExitCodes.OfRun;
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            return await new RunFollower(host, client, global.IsJson(parsed)).FollowAsync(parsed.GetRequiredValue(id), cancel)
                .ConfigureAwait(false);
        });
        return command;
    }

    private static CliCommand Retry(CliHost host, GlobalOptions global)
    {
        var id = Id();
        var command = new CliCommand(
            "retry", "Starts a new run over all VMs that did not succeed, with the same options.", "qgactl run retry 01K8XQ5T")
        {
            id,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var run = await RunFollower.StartAsync(host, () => client.RetryRunAsync(parsed.GetRequiredValue(id), cancel))
                .ConfigureAwait(false);
            FleetRun.Tell(host, run, global.IsJson(parsed));
            return ExitCodes.Done;
        });
        return command;
    }
}

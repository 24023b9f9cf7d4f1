using System.CommandLine;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;

namespace QgaOrchestrator.Cli.Commands;

internal static class BackupCommands
{
    private const string Target = "target";

    public static Command Build(CliHost host, GlobalOptions global) => new("backup", "Backs up VMs: makes recovery points.")
    {
        Starting(
            "run", "Backs up the selected VMs and shows the progress. Ctrl-C stops showing it; the run goes on.", host, global),
        Starting("check", "Checks whether the selected VMs can be backed up. Freezes nothing and changes nothing.", host, global),
    };

    private static Command Starting(string name, string help, CliHost host, GlobalOptions global)
    {
        var run = new Command(name, help);
        var select = new Option<string>("--select", "-s")
        {
            Description = "Which VMs, for example app=db,!legacy (all)",
            HelpName = "SELECTOR",
        };
        var detach = new Option<bool>("--detach") { Description = "Starts the run and returns at once" };
        run.Add(select);
        var options = new RunOptionSet(run, RunOptionSet.Backup);
        run.Add(detach);
        run.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var asked = options.Read(parsed);
            if (name == "check") asked["dryRun"] = true;
            if (asked[Target]?.GetValue<string>() is { } target && !Path.IsPathRooted(target))
                asked[Target] = client.Api.IsLoopback
                    ? JsonValue.Create(Path.GetFullPath(target))
                    : throw new UsageException(
                        $"--target: '{target}' is not an absolute path.", "It is a path of the VMs' hosts, not of this machine.");
            var request = new RunRequest(KindNames.Backup, parsed.GetValue(select), asked);
            var started = await RunFollower.StartAsync(() => client.StartRunAsync(request, cancel)).ConfigureAwait(false);
            if (!parsed.GetValue(detach))
                return await new RunFollower(host, client, global.IsJson(parsed)).FollowAsync(started.Id, cancel)
                    .ConfigureAwait(false);
            RunCommands.Started(host, started, global.IsJson(parsed));
            return ExitCodes.Done;
        });
        return run;
    }
}

using System.CommandLine;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Runs;
using QgaOrchestrator.Core.Kinds.Backup;

namespace QgaOrchestrator.Cli.Kinds.Backup;

/// <summary><c>backup run</c> and <c>backup check</c>, which is a dry run.</summary>
internal static class BackupCommands
{
    private static readonly string[] _ofRollouts = ["canary", "waves", "soak", "dryRun"];

    public static CliCommand Build(CliHost host, GlobalOptions global) =>
        new("backup", "Backs up VMs: makes recovery points.") { Run(host, global), Check(host, global) };

    private static CliCommand Run(CliHost host, GlobalOptions global) =>
        Starting(host, global, isCheck: false, new CliCommand(
            "run",
            "Backs up the selected VMs and shows the progress. Ctrl-C stops the display; the run continues.",
            "qgactl backup run --select app=db --target /backup",
            "qgactl backup run --canary 2 --waves 10%,50% --soak 5m --max-failures 2%"
        ));

    private static CliCommand Check(CliHost host, GlobalOptions global) =>
        Starting(host, global, isCheck: true, new CliCommand(
            "check",
            "Checks whether the selected VMs can be backed up: makes the images, removes them again, and freezes nothing.",
            "qgactl backup check",
            "qgactl backup check --select app=db --target /backup --consistency prefer"
        ));

    private static CliCommand Starting(CliHost host, GlobalOptions global, bool isCheck, CliCommand command)
    {
        var select = SelectOption.With("The VMs, for example app=db,!legacy (default: all)");
        var detach = new Option<bool>("--detach") { Description = "Starts the run and returns at once" };
        command.Exits = ExitCodes.OfRun;
        command.Add(select);
        // A check freezes nothing and is a dry run itself, so it needs no careful rollout; scripts may give these all the same.
        var options = new RunCommandOptions(
            command, BackupRunOptions.All, isHidden: isCheck ? option => _ofRollouts.Contains(option) : null,
            maxFailures: BackupKind.MaxFailures);
        command.Add(detach);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var asked = options.Read(parsed);
            if (isCheck) asked["dryRun"] = true;
            if (asked[KnownBackupOptions.Target]?.GetValue<string>() is { } target && !Path.IsPathRooted(target))
                asked[KnownBackupOptions.Target] = client.Api.IsLoopback
                    ? JsonValue.Create(Path.GetFullPath(target))
                    : throw new UsageException(
                        $"--target: '{target}' is not an absolute path.",
                        "Give a path of the VMs' hosts, not of this machine."
                    );
            var request = new RunRequest(BackupKind.Name, parsed.GetValue(select), asked);
            var started = await RunFollower.StartAsync(host, () => client.StartRunAsync(request, cancel)).ConfigureAwait(false);
            if (!parsed.GetValue(detach))
                return await new RunFollower(host, client, global.IsJson(parsed)).FollowAsync(started.Id, cancel)
                    .ConfigureAwait(false);
            FleetRun.Tell(host, started, global.IsJson(parsed));
            return ExitCodes.Done;
        });
        return command;
    }
}

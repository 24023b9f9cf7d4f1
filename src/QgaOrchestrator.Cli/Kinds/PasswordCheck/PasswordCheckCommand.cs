using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;
using QgaOrchestrator.Core.Kinds.PasswordCheck;

namespace QgaOrchestrator.Cli.Kinds.PasswordCheck;

/// <summary><c>password check</c>: a run over a selection.</summary>
internal static class PasswordCheckCommand
{
    private const string User = "user";

    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var select = SelectOption.With("The VMs, for example app=db (default: all)");
        var user = new Option<string>("--user")
        {
            Description = Text.Sentence(CheckKind.Options.Single().Help),
            HelpName = "USER",
        };
        var command = new CliCommand(
            "check",
            "Compares the guests with the escrow: which password is in force, and whether it was set past the escrow.",
            "qgactl password check",
            "qgactl password check --select app=db --user root"
        ) { select, user };
        command.Exits = ExitCodes.OfRun;
        var options = new RunCommandOptions(command, maxFailures: CheckKind.MaxFailures);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var asked = options.Read(parsed);
            if (parsed.GetValue(user) is { } one) asked[User] = one;
            // It changes nothing, so it does not ask.
            return await FleetRun
                .StartAsync(
                    host,
                    client,
                    new RunRequest(CheckKind.Name, parsed.GetValue(select), asked),
                    yes: true,
                    "",
                    global.IsJson(parsed),
                    cancel)
                .ConfigureAwait(false);
        });
        return command;
    }
}

using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Cli.Runs;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Cli.Kinds.PasswordReset;

/// <summary><c>password reset</c>: a run over a selection.</summary>
internal static class PasswordResetCommand
{
    private const string User = "user", Mode = "mode";

    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var select = SelectOption.With("The VMs, for example app=db, or * for all");
        select.Required = true;
        var user = new Option<string>("--user") { Description = "The account in the guests", HelpName = "USER", Required = true };
        var own = ResetKind.Options.Where(option => option.Name != User).ToLookup(option => option.Default == "false");
        var flags = own[true].Select(flag => (Member: flag.Name, Option: Flag(flag))).ToList();
        var yes = Confirmation.Yes();
        var command = new CliCommand(
            "reset",
            "Sets a new password for one account of every selected VM. The escrow holds it before the guest gets it. Asks first.",
            "qgactl password reset --select app=db --user root --canary 1 --waves 10%,50% --soak 5m",
            "qgactl password reset --select name=db1 --user root --mode reapply --yes"
        ) { select, user };
        command.Exits = ExitCodes.OfRun;
        var options = new RunCommandOptions(command, [.. own[false].Select(RunOption.Of)]);
        foreach (var (_, flag) in flags) command.Add(flag);
        command.Add(yes);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var asked = options.Read(parsed);
            asked[User] = parsed.GetRequiredValue(user);
            foreach (var (member, flag) in flags)
                if (parsed.GetValue(flag)) asked[member] = true;
            var selector = parsed.GetRequiredValue(select);
            var what = asked[Mode]?.GetValue<string>() == "reapply" ? "Set the current password again" : "Set a new password";
            return await FleetRun
                .StartAsync(
                    host,
                    client,
                    new RunRequest(ResetKind.Name, selector, asked),
                    parsed.GetValue(yes),
                    $"{what} for {asked[User]} in every VM of {selector}?",
                    global.IsJson(parsed),
                    cancel)
                .ConfigureAwait(false);
        });
        return command;
    }

    private static Option<bool> Flag(OptionInfo known) =>
        new(RunOption.NameOf(known.Name)) { Description = Text.Sentence(known.Help) };
}

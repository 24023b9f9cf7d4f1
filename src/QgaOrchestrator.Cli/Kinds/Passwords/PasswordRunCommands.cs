using System.CommandLine;
using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Runs;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Cli.Kinds.Passwords;

/// <summary><c>password reset</c> and <c>password check</c>: runs over a selection.</summary>
internal static class PasswordRunCommands
{
    public const string Reset = "password-reset", Check = "password-check";

    private static IReadOnlyList<RunOption> OfReset { get; } =
    [
        new("length", "N", "Characters of the new password, from 16 on (default: 24)", RunOption.Number),
        new("crypted", "true|false", "Send a crypt(3) hash instead of the password (default: as the guest's system takes it)",
            Flag),
        new("verify", "HOW", "What proves the new password: hash (the guest's entry), login, or none (default: hash)",
            RunOption.Word),
        new("mode", "MODE", "rotate: a new password. reapply: the current one again (default: rotate)", RunOption.Word),
    ];

    public static CliCommand BuildReset(CliHost host, GlobalOptions global)
    {
        var select = SelectOption.With("The VMs, for example app=db, or * for all");
        select.Required = true;
        var user = new Option<string>("--user") { Description = "The account in the guests", HelpName = "USER", Required = true };
        var flags = new (Option<bool> Option, string Member)[]
        {
            (new("--unlock") { Description = "Unlocks a locked account by its new password; else it is refused" }, "unlock"),
            (new("--clear-must-change")
            {
                Description =
                    "Clears the mark that the password must be changed at the next login; else such an account is refused",
            }, "clearMustChange"),
            (new("--accept-unverified")
            {
                Description = "Where a guest cannot prove the password as wanted, takes the best that it can; else it is refused",
            }, "acceptUnverified"),
        };
        var yes = Confirmation.Yes();
        var command = new CliCommand(
            "reset",
            "Sets a new password for one account of every selected VM. The escrow holds it before the guest gets it. Asks first.",
            "qgactl password reset --select app=db --user root --canary 1 --waves 10%,50% --soak 5m",
            "qgactl password reset --select name=db1 --user root --mode reapply --yes"
        ) { select, user };
        command.Exits = ExitCodes.OfRun;
        var options = new RunCommandOptions(command, OfReset);
        foreach (var (flag, _) in flags) command.Add(flag);
        command.Add(yes);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var asked = options.Read(parsed);
            asked["user"] = parsed.GetRequiredValue(user);
            foreach (var (flag, member) in flags)
                if (parsed.GetValue(flag)) asked[member] = true;
            var selector = parsed.GetRequiredValue(select);
            var what = asked["mode"]?.GetValue<string>() == "reapply" ? "Set the current password again" : "Set a new password";
            return await FleetRun
                .StartAsync(
                    host,
                    client,
                    new RunRequest(Reset, selector, asked),
                    parsed.GetValue(yes),
                    $"{what} for {asked["user"]} in every VM of {selector}?",
                    global.IsJson(parsed),
                    cancel)
                .ConfigureAwait(false);
        });
        return command;
    }

    public static CliCommand BuildCheck(CliHost host, GlobalOptions global)
    {
        var select = SelectOption.With("The VMs, for example app=db (default: all)");
        var user = new Option<string>("--user")
        {
            Description = "Only this account (default: every account in the escrow)",
            HelpName = "USER",
        };
        var command = new CliCommand(
            "check",
            "Compares the guests with the escrow: which password is in force, and whether it was set past the escrow.",
            "qgactl password check",
            "qgactl password check --select app=db --user root"
        ) { select, user };
        command.Exits = ExitCodes.OfRun;
        var options = new RunCommandOptions(command, maxFailures: CountOrPercent.All);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var asked = options.Read(parsed);
            if (parsed.GetValue(user) is { } one) asked["user"] = one;
            // It changes nothing, so it does not ask.
            return await FleetRun
                .StartAsync(
                    host, client, new RunRequest(Check, parsed.GetValue(select), asked), yes: true, "", global.IsJson(parsed),
                    cancel)
                .ConfigureAwait(false);
        });
        return command;
    }

    private static JsonValue Flag(string text) => text switch
    {
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ => throw new FormatException($"'{text}' is neither true nor false"),
    };
}

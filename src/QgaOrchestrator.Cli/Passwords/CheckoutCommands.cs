using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary><c>password checkout</c> and <c>password checkin</c>.</summary>
internal static class CheckoutCommands
{
    public static CliCommand BuildOut(CliHost host, GlobalOptions global)
    {
        var (vm, user, reason) = (AccountArguments.Vm(), AccountArguments.User(), AccountArguments.Reason());
        var time = Durations.Option("--for", "For how long, up to 7d; then it is rotated (default: 1h)");
        var command = new CliCommand(
            "checkout",
            "Shows the password of an account to you alone for a time. After it the password is rotated.",
            "qgactl password checkout db1 root --for 2h --reason 'disk is full'"
        ) { vm, user, time, reason };
        command.Exits = ExitCodes.OfPassword;
        var key = new KeyOptions(command);
        command.SetAction(async (parsed, cancel) =>
        {
            // Who cannot open it takes it from nobody.
            using var opener = key.Open(parsed, host);
            var why = AccountArguments.ReasonOf(parsed, reason, host);
            var duration = Durations.ParseGiven(parsed.GetValue(time)) ?? TimeSpan.FromHours(1);
            using var client = global.Connect(parsed, host);
            var (name, account) = (parsed.GetRequiredValue(vm), parsed.GetRequiredValue(user));
            var given = await client
                .CheckOutPasswordAsync(name, account, new CheckoutRequest(duration.ToString("c"), why), cancel)
                .ConfigureAwait(false);
            host.Error.WriteLine(
                $"qgactl: yours until {host.Screen.Time(given.Checkout?.Until)}. Give it back earlier: qgactl password checkin "
                    + $"{name} {account}");
            return new PasswordWriter(host, global.IsJson(parsed))
                .Write(given, PasswordShowCommand.Chosen(given, null, null), opener);
        });
        return command;
    }

    public static CliCommand BuildIn(CliHost host, GlobalOptions global)
    {
        var (vm, user) = (AccountArguments.Vm(), AccountArguments.User());
        var command = new CliCommand(
            "checkin",
            "Gives a password back that you checked out: it is rotated now.",
            "qgactl password checkin db1 root"
        ) { vm, user };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var account = await client.CheckInPasswordAsync(parsed.GetRequiredValue(vm), parsed.GetRequiredValue(user), cancel)
                .ConfigureAwait(false);
            if (global.IsJson(parsed)) CliJson.Write(host.Out, account);
            else host.Out.WriteLine($"The password of {account.User} in {account.Vm} is checked in. It is rotated soon.");
            return ExitCodes.Done;
        });
        return command;
    }
}

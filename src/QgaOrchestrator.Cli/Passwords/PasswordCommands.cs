using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary><c>password</c> and <c>escrow</c>.</summary>
internal static class PasswordCommands
{
    /// <param name="ofKinds">Those of password that start runs.</param>
    public static IEnumerable<CliCommand> Build(CliHost host, GlobalOptions global, IEnumerable<CliCommand> ofKinds)
    {
        var password = new CliCommand("password", "Resets passwords of accounts in guests, and shows those in the escrow.");
        foreach (var command in ofKinds) password.Add(command);
        password.Add(PasswordShowCommand.Build(host, global));
        password.Add(PasswordListCommands.BuildHistory(host, global));
        password.Add(PasswordListCommands.BuildAges(host, global));
        password.Add(PasswordExportCommand.Build(host, global));
        password.Add(CheckoutCommands.BuildOut(host, global));
        password.Add(CheckoutCommands.BuildIn(host, global));
        return
        [
            password,
            new CliCommand("escrow", "Manages the recipients: whose keys open the passwords that nodes seal.")
            {
                EscrowInitCommand.Build(host, global),
                RecipientCommands.BuildAdd(host, global),
                RecipientCommands.BuildList(host, global),
                RecipientCommands.BuildRemove(host, global),
                EscrowRewrapCommand.Build(host, global),
                EscrowTestCommand.Build(host, global),
            },
        ];
    }
}

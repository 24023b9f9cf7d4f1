using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary><c>password export</c>: for the day on which no node answers.</summary>
internal static class PasswordExportCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var file = new Argument<string>("FILE")
        {
            Description = "The file, made with the mode 0600; an older export is replaced",
        };
        var vm = new Option<string>("--vm") { Description = "Only accounts of this VM", HelpName = "VM" };
        var user = new Option<string>("--user") { Description = "Only accounts of this name", HelpName = "USER" };
        var reason = AccountArguments.Reason();
        var command = new CliCommand(
            "export",
            "Writes the sealed passwords to a file: qgactl password show --offline reads it without a node. Nothing is opened.",
            "qgactl password export escrow.json --reason 'weekly copy'"
        ) { file, vm, user, reason };
        command.SetAction(async (parsed, cancel) =>
        {
            var why = AccountArguments.ReasonOf(parsed, reason, host);
            using var client = global.Connect(parsed, host);
            var accounts = new List<EscrowedAccount>();
            using var lines = new StatusLine(host.Error, host.IsTerminal);
            await foreach (var one in client.ListPasswordsAsync(parsed.GetValue(vm), parsed.GetValue(user), cancel)
                .ConfigureAwait(false))
            {
                accounts.Add(
                    await client.GetSealedPasswordAsync(NameOf(one), one.User, why, cancel: cancel).ConfigureAwait(false));
                lines.Show($"{Text.Count(accounts.Count, "account")}");
            }
            var to = Path.GetFullPath(parsed.GetRequiredValue(file));
            new PasswordExport(PasswordExport.CurrentVersion, host.Time.GetUtcNow(), accounts).Write(to);
            if (!global.IsJson(parsed)) lines.Tell($"{Text.Count(accounts.Count, "account")} in {to}.");
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>As a path names it, also when the VM is gone.</summary>
    public static string NameOf(EscrowedAccount account) => account.Uuid ?? $"{account.Host}/{account.Vm}";
}

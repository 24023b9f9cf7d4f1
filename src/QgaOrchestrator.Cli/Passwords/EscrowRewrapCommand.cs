using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Passwords;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary><c>escrow rewrap</c>: seals what the escrow has for the recipients of now, on this machine. What is sealed for them
/// already is left as it is, so it goes on where it was interrupted.</summary>
internal static class EscrowRewrapCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var command = new CliCommand(
            "rewrap",
            "Opens every password in the escrow with your key on this machine, and seals it for the node's recipients of now.",
            "qgactl escrow rewrap --key anna.key"
        );
        command.Exits = ExitCodes.OfSeveral;
        var key = new KeyOptions(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var opener = key.Open(parsed, host);
            using var client = global.Connect(parsed, host);
            var recipients = await EscrowTestCommand.RecipientsAsync(client, cancel).ConfigureAwait(false);
            if (recipients.Count == 0)
                throw new CommandFailedException("The node has no recipient.", "Add one: qgactl escrow init NAME --to DIR");
            using var lines = new StatusLine(host.Error, host.IsTerminal);
            var rewrap = new Rewrap(client, opener, recipients, lines.Tell);
            await foreach (var account in client.ListPasswordsAsync(cancel: cancel).ConfigureAwait(false))
            {
                await rewrap.DoAsync(account, cancel).ConfigureAwait(false);
                lines.Show(rewrap.Summary);
            }
            lines.Tell(rewrap.Summary);
            return rewrap switch
            {
                { Failed: 0 } => ExitCodes.Done,
                { Sealed: 0, Same: 0 } => ExitCodes.Failed,
                _ => ExitCodes.Partial,
            };
        });
        return command;
    }

    private sealed class Rewrap(
        QgaClient client, EscrowOpener opener, IReadOnlyList<EscrowRecipient> recipients, Action<string> tell)
    {
        private readonly HashSet<string> _wanted = [.. recipients.Select(one => one.KeyIdentifier)];

        public int Sealed { get; private set; }

        public int Same { get; private set; }

        public int Failed { get; private set; }

        public string Summary => $"{Text.Count(Sealed, "password")} sealed anew, {Same} were already"
            + (Failed == 0 ? "." : $", {Failed} failed. Run it again with the key of another recipient.");

        public async Task DoAsync(EscrowedAccount listed, CancellationToken cancel)
        {
            var name = PasswordExportCommand.NameOf(listed);
            var account = await client.GetSealedPasswordAsync(name, listed.User, "escrow rewrap", cancel: cancel)
                .ConfigureAwait(false);
            foreach (var one in account.Generations.Where(one => one.Sealed is not null))
            {
                try
                {
                    if (_wanted.SetEquals(SealedPassword.RecipientsOf(one.Sealed)))
                    {
                        Same++;
                        continue;
                    }
                    await client.ResealPasswordAsync(
                        name, account.User, one.Number, new ResealRequest(one.Sealed!, SealAnew(one.Sealed!)), cancel)
                        .ConfigureAwait(false);
                    Sealed++;
                }
                catch (Exception e) when (e is PasswordException or ApiException)
                {
                    Failed++;
                    tell($"{account.User} in {account.Host}/{account.Vm}, generation {one.Number}: {e.Message}");
                }
            }
        }

        private byte[] SealAnew(byte[] text)
        {
            using var opened = opener.Open(text);
            return SealedPassword.Seal(opened.Password, opened.Context, recipients);
        }
    }
}

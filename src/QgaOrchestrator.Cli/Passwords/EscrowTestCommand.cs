using System.Security.Cryptography;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Passwords;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary><c>escrow test</c>: proves on this machine that a key opens what the node seals.</summary>
internal static class EscrowTestCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var command = new CliCommand(
            "test",
            "Proves that your key opens what the node seals: seals a probe for the node's recipients here, and opens it here.",
            "qgactl escrow test --key anna.key",
            "qgactl escrow test --key-command ./token-decrypt"
        );
        var key = new KeyOptions(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var opener = key.Open(parsed, host);
            using var client = global.Connect(parsed, host);
            var recipients = await RecipientsAsync(client, cancel).ConfigureAwait(false);
            if (recipients.Count == 0)
                throw new CommandFailedException(
                    "The node has no recipient.", "Add one: qgactl escrow init NAME --to DIR, or qgactl escrow add NAME FILE");
            var mine = recipients.Where(one => Opens(opener, [one], host)).ToList();
            if (mine.Count == 0)
                throw new CommandFailedException(
                    $"This key is none of the node's recipients: {Names(recipients)}.",
                    "Add its certificate: qgactl escrow add NAME FILE. With --key-command, see that the command works.");
            if (!Opens(opener, recipients, host))
                throw new CommandFailedException(
                    $"This key is {Names(mine)}, and does not open what is sealed for all recipients.",
                    "Use the qgactl of the node's version.");
            host.Out.WriteLine($"This key is {Names(mine)}: it opens what the node seals.");
            if (recipients.Except(mine).ToList() is { Count: > 0 } others) host.Out.WriteLine($"It is not {Names(others)}.");
            else host.Out.WriteLine("It is the only recipient. Add a second holder: qgactl escrow add NAME FILE");
            return ExitCodes.Done;
        });
        return command;
    }

    /// <exception cref="CommandFailedException">One of them cannot be used.</exception>
    public static async Task<List<EscrowRecipient>> RecipientsAsync(Api.Client.QgaClient client, CancellationToken cancel)
    {
        var all = new List<EscrowRecipient>();
        try
        {
            await foreach (var one in client.ListRecipientsAsync(cancel).ConfigureAwait(false))
                all.Add(EscrowRecipient.Read(one.Name, one.Certificate));
        }
        catch (PasswordException e)
        {
            throw new CommandFailedException(e.Message, "Remove that recipient, and add it anew: qgactl escrow remove NAME");
        }
        return all;
    }

    private static bool Opens(EscrowOpener opener, IReadOnlyList<EscrowRecipient> recipients, CliHost host)
    {
        using var probe = PasswordMaker.Make();
        var text = SealedPassword.Seal(probe, new("probe", "probe", "probe", 1, host.Time.GetUtcNow()), recipients);
        try
        {
            using var opened = opener.Open(text);
            return CryptographicOperations.FixedTimeEquals(opened.Password.Reveal(), probe.Reveal());
        }
        catch (PasswordException)
        {
            return false;
        }
    }

    private static string Names(IEnumerable<EscrowRecipient> recipients) =>
        string.Join(", ", recipients.Select(one => $"{one.Name} ({one.KeyIdentifier})"));
}

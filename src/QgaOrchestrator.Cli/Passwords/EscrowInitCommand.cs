using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary><c>escrow init</c>: makes a key on this machine, and adds its certificate to the node.</summary>
internal static class EscrowInitCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var name = RecipientCommands.Name();
        var to = new Option<string>("--to")
        {
            Description = "The directory of the new files NAME.key (0600) and NAME.pem",
            HelpName = "DIR",
            Required = true,
        };
        var file = KeyOptions.PassphraseFile(
            "A file with the passphrase, its first line (default: asked at the terminal, twice)");
        var command = new CliCommand(
            "init",
            "Makes a private key with a passphrase on this machine, and adds its certificate to the node as a recipient.",
            "qgactl escrow init anna --to ~/.config/qgactl"
        ) { name, to, file };
        command.SetAction(async (parsed, cancel) =>
        {
            var (called, directory) = (parsed.GetRequiredValue(name), Path.GetFullPath(parsed.GetRequiredValue(to)));
            var (key, certificate) = (Path.Combine(directory, $"{called}.key"), Path.Combine(directory, $"{called}.pem"));
            if (!EscrowRecipient.IsName(called))
                throw new UsageException(
                    $"'{called}' is no name for a recipient.", "A letter or digit, then up to 63 letters, digits and . _ -");
            foreach (var there in new[] { key, certificate }.Where(File.Exists))
                throw new UsageException(
                    $"{there} is there already.",
                    $"To add that one: qgactl escrow add {called} {certificate}. Else choose another name or directory.");
            // Before a key is made: who cannot add it would be left with one that opens nothing.
            using var client = global.Connect(parsed, host);
            var made = Make(called, parsed.GetValue(file), host);
            Directory.CreateDirectory(directory, OwnFiles.Directory);
            WriteNew(key, made.PrivateKey);
            WriteNew(certificate, made.Certificate);
            var added = await AddAsync(client, called, made.Certificate, certificate, cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
            {
                CliJson.Write(host.Out, await ShownAsync(client, called, cancel).ConfigureAwait(false));
                return RecipientCommands.TellHosts(host, added.Hosts);
            }
            host.Out.WriteLine($"{called} is a recipient. Its private key is {key}, which no node has.");
            host.Out.WriteLine("Keep a copy of that file and its passphrase elsewhere: without them it opens nothing.");
            host.Out.WriteLine($"qgactl finds it by {KeyOptions.Variable} or --key. Prove it: qgactl escrow test --key {key}");
            return RecipientCommands.TellHosts(host, added.Hosts);
        });
        command.Exits = ExitCodes.OfSeveral;
        return command;
    }

    private static EscrowKey Make(string name, string? file, CliHost host)
    {
        using var passphrase = KeyOptions.Passphrase(
            file, host, $"Passphrase of the new key, {EscrowKey.ShortestPassphrase} characters or more: ");
        if (file is null)
        {
            using var again = host.AskSecret("The same again: ");
            if (!IsSame(passphrase, again)) throw new UsageException("The two passphrases differ.", "Type the same one twice.");
        }
        try
        {
            return EscrowKey.Create(name, passphrase, host.Time.GetUtcNow());
        }
        catch (PasswordException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static bool IsSame(Secret one, Secret? other) =>
        other is not null && CryptographicOperations.FixedTimeEquals(one.Reveal(), other.Reveal());

    private static async Task<Api.Recipient> AddAsync(
        QgaClient client, string name, string pem, string file, CancellationToken cancel)
    {
        try
        {
            return await client.AddRecipientAsync(name, pem, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (CliErrors.IsForUser(e))
        {
            throw new CommandFailedException(
                $"The key is made, and the node has not added it: {e.Message}",
                $"{CliErrors.Remedy(e) ?? "See the node's log."} Then: qgactl escrow add {name} {file}",
                CliErrors.Code(e));
        }
    }

    private static async Task<Api.Recipient> ShownAsync(QgaClient client, string name, CancellationToken cancel)
    {
        await foreach (var one in client.ListRecipientsAsync(cancel).ConfigureAwait(false))
            if (one.Name == name) return one;
        throw new CommandFailedException($"The node has no recipient {name}.", "Somebody has removed it: qgactl audit");
    }

    private static void WriteNew(string path, string text)
    {
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnFiles.File,
        });
        file.Write(Encoding.ASCII.GetBytes(text.EndsWith('\n') ? text : text + "\n"));
        file.Flush(flushToDisk: true);
    }
}

using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Passwords;

namespace QgaOrchestrator.Cli.Passwords;

/// <summary><c>escrow add</c>, <c>escrow list</c> and <c>escrow remove</c>.</summary>
internal static class RecipientCommands
{
    public static Argument<string> Name() => new("NAME") { Description = "The name of a recipient" };

    public static CliCommand BuildAdd(CliHost host, GlobalOptions global)
    {
        var name = Name();
        var file = new Argument<string>("FILE")
        {
            Description = "The recipient's certificate, PEM: an RSA key of 3072 bits or more",
        };
        var command = new CliCommand(
            "add",
            "Adds a recipient: from now on its key opens every password that the node seals.",
            "qgactl escrow add bob bob.pem"
        ) { name, file };
        command.SetAction(async (parsed, cancel) =>
        {
            var (called, path) = (parsed.GetRequiredValue(name), parsed.GetRequiredValue(file));
            string certificate;
            try
            {
                // Read here first: a private key must not travel.
                certificate = EscrowRecipient.Read(called, await File.ReadAllTextAsync(path, cancel).ConfigureAwait(false))
                    .Certificate;
            }
            catch (PasswordException e)
            {
                throw new UsageException(e.Message);
            }
            using var client = global.Connect(parsed, host);
            var added = await client.AddRecipientAsync(called, certificate, cancel).ConfigureAwait(false);
            if (global.IsJson(parsed)) CliJson.Write(host.Out, added);
            else TellAdded(host, added);
            return TellHosts(host, added.Hosts);
        });
        command.Exits = ExitCodes.OfSeveral;
        return command;
    }

    /// <summary>The hosts that have not made the change; the others need no word.</summary>
    public static int TellHosts(CliHost host, IReadOnlyList<RecipientHost>? hosts)
    {
        var missed = (hosts ?? []).Where(one => !one.Taken).ToList();
        foreach (var one in missed) host.Error.WriteLine($"qgactl: Not on {one.Host}: {one.Reason} {one.Remedy}");
        return missed.Count == 0 ? ExitCodes.Done : ExitCodes.Partial;
    }

    public static void TellAdded(CliHost host, Recipient added)
    {
        host.Out.WriteLine($"{added.Name} is a recipient (key {added.KeyIdentifier}).");
        host.Out.WriteLine("What was sealed before is not sealed for it yet: qgactl escrow rewrap --key FILE (an earlier key).");
    }

    public static CliCommand BuildList(CliHost host, GlobalOptions global)
    {
        var command = new CliCommand("list", "Lists the recipients of the node.", "qgactl escrow list");
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var all = new List<Recipient>();
            await foreach (var one in client.ListRecipientsAsync(cancel).ConfigureAwait(false)) all.Add(one);
            if (global.IsJson(parsed))
            {
                CliJson.Write(host.Out, new Page<Recipient>(all, null));
                return ExitCodes.Done;
            }
            var table = new TextTable("NAME", "KEY", "BITS", "UNTIL", "CERTIFICATE (SHA-256)");
            foreach (var one in all)
                table.Add(one.Name, one.KeyIdentifier, $"{one.Bits}", host.Screen.Time(one.NotAfter), one.Fingerprint);
            table.Write(host.Screen with { Width = Screen.Unlimited });
            if (all.Count < 2)
                host.Error.WriteLine(
                    all.Count == 0
                        ? "qgactl: there is no recipient, so no password can be reset: qgactl escrow init NAME --to DIR"
                        : "qgactl: only one key opens the escrow. Add a second holder: qgactl escrow add NAME FILE");
            return ExitCodes.Done;
        });
        return command;
    }

    public static CliCommand BuildRemove(CliHost host, GlobalOptions global)
    {
        var name = Name();
        var force = new Option<bool>("--force")
        {
            Description = "Also one whom passwords in force need, whose key is lost. Nobody opens those passwords then",
        };
        var yes = Confirmation.Yes();
        var command = new CliCommand(
            "remove",
            "Removes a recipient: its key opens nothing that is sealed from now on. Asks first.",
            "qgactl escrow remove bob"
        ) { name, force, yes };
        command.SetAction(async (parsed, cancel) =>
        {
            var called = parsed.GetRequiredValue(name);
            using var client = global.Connect(parsed, host);
            if (!Confirmation.Given(host, parsed.GetValue(yes), $"Remove the recipient {called}?")) return ExitCodes.Failed;
            var hosts = await client.RemoveRecipientAsync(called, parsed.GetValue(force), cancel).ConfigureAwait(false);
            if (!global.IsJson(parsed))
            {
                host.Out.WriteLine($"{called} is removed.");
                host.Out.WriteLine("Its key still opens what was sealed before. Reset those passwords to lock it out.");
            }
            else if (hosts.Count > 0) CliJson.Write(host.Out, new RemovedRecipient(called, hosts));
            return TellHosts(host, hosts);
        });
        command.Exits = ExitCodes.OfSeveral;
        return command;
    }
}

using System.CommandLine;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Guests;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm ssh-keys</c>: which keys let somebody into a guest.</summary>
internal static class VmSshKeysCommands
{
    public static CliCommand Build(CliHost host, GlobalOptions global) =>
        new("ssh-keys", "Lists, adds, removes and replaces a user's authorized SSH keys in the guest.")
    {
        List(host, global),
        Changing(
            host,
            global,
            new CliCommand(
                "add",
                "Adds keys to those of the user.",
                "qgactl vm ssh-keys add db1 alice --keys id_ed25519.pub",
                "qgactl vm ssh-keys add --select 'app in (db,web)' alice --keys team.pub --canary 1 --yes"
            ),
            (user, keys) => GuestSshAddAuthorizedKeys.Request(user, keys),
            (user, count) => $"Add {Text.Count(count, "key")} for {user} in",
            (user, count) => $"{Text.Count(count, "key")} added for {user}, where not there already"
        ),
        Changing(
            host,
            global,
            new CliCommand(
                "remove",
                "Removes keys from those of the user.",
                "qgactl vm ssh-keys remove db1 alice --keys old.pub"
            ),
            (user, keys) => GuestSshRemoveAuthorizedKeys.Request(user, keys),
            (user, count) => $"Remove {Text.Count(count, "key")} of {user} from",
            (user, count) => $"{Text.Count(count, "key")} of {user} removed",
            takesAnyLine: true
        ),
        Changing(
            host,
            global,
            new CliCommand(
                "replace",
                "Replaces all keys of the user by those given.",
                "qgactl vm ssh-keys replace db1 alice --keys team.pub"
            ),
            (user, keys) => GuestSshAddAuthorizedKeys.Request(user, keys, reset: true),
            (user, count) => $"Replace all keys of {user} by {Text.Count(count, "key")} in",
            (user, count) => $"{user} has {Text.Count(count, "key")} now, and no other"
        ),
    };

    private static CliCommand List(CliHost host, GlobalOptions global)
    {
        var command = new CliCommand("list", "Lists the keys of the user.", "qgactl vm ssh-keys list db1 alice");
        var target = new GuestTarget(host, global, command, "USER");
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            return await target
                .CallAsync(parsed, client, GuestSshGetAuthorizedKeys.Request(target.Word(parsed, 0)), null, (_, reply) =>
            {
                foreach (var key in GuestSshGetAuthorizedKeys.Read(ReplyBytes.Of(reply.Return)).Keys)
                    host.Out.WriteLine(key);
                return ExitCodes.Done;
            }, cancel).ConfigureAwait(false);
        });
        return command;
    }

    /// <param name="takesAnyLine">What is to be removed may be no key.</param>
    private static CliCommand Changing(
        CliHost host, GlobalOptions global, CliCommand command, Func<string, IReadOnlyList<string>, AgentRequest> request,
        Func<string, int, string> question, Func<string, int, string> done, bool takesAnyLine = false)
    {
        var file = new Option<string>("--keys")
        {
            Description = "A file of public keys, one a line; - is standard input (default: -)",
            HelpName = "FILE",
        };
        command.Add(file);
        var target = new GuestTarget(host, global, command, "USER");
        command.SetAction(async (parsed, cancel) =>
        {
            var (user, source) = (target.Word(parsed, 0), parsed.GetValue(file) ?? "-");
            if (source == "-") target.NeedYes(parsed, "the keys");
            var keys = Read(source, host.In, takesAnyLine);
            using var client = global.Connect(parsed, host);
            return await target
                .CallAsync(parsed, client, request(user, keys), question(user, keys.Count), (vm, _) =>
            {
                host.Out.WriteLine($"{vm}: {done(user, keys.Count)}.");
                return ExitCodes.Done;
            }, cancel).ConfigureAwait(false);
        });
        return command;
    }

    /// <exception cref="UsageException">There is no key, or a line is none. The line is not repeated: it may be a
    /// secret.</exception>
    private static List<string> Read(string file, TextReader input, bool takesAnyLine)
    {
        if (file != "-" && !File.Exists(file)) throw new UsageException($"--keys: there is no file {file}.");
        var source = file == "-" ? "Standard input" : file;
        var lines = (file == "-" ? input.ReadToEnd() : File.ReadAllText(file)).Split('\n');
        var keys = new List<string>();
        foreach (var (text, number) in lines.Select((line, i) => (line.Trim(), i + 1)))
        {
            if (text.Length == 0 || text[0] == '#') continue;
            if (!takesAnyLine && AuthorizedKey.Fault(text) is { } fault)
                throw new UsageException($"{source}, line {number}: {fault.Why}.", fault.Remedy);
            keys.Add(text);
        }
        return keys.Count > 0 ? keys : throw new UsageException($"{source} holds no key.", AuthorizedKey.Shape);
    }
}

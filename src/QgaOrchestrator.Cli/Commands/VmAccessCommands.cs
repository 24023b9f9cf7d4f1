using System.CommandLine;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm passwd</c> and <c>vm ssh-keys</c>: who gets into a guest.</summary>
internal static class VmAccessCommands
{
    private static readonly string[] KeyActions = ["list", "add", "remove", "replace"];

    public static Command Passwd(CliHost host, GlobalOptions global)
    {
        var crypted = new Option<bool>("--crypted")
        {
            Description = "Standard input holds a crypt(3) hash of the password (not for Windows)",
        };
        var yes = Confirmation.Yes();
        var command =
            new Command("passwd", "Sets a user's password in the guest, from the first line of standard input.") { crypted, yes };
        var words = new VmWords(command, "All VMs that this selects get this password", "USER");
        command.SetAction(async (parsed, cancel) =>
        {
            Confirmation.Need(parsed.GetValue(yes), "the password");
            var user = words.Word(parsed, 0);
            if (host.ReadSecret() is not { Length: > 0 } line)
                throw new UsageException("Standard input holds no password.", $"As in qgactl vm passwd VM {user} --yes < FILE");
            if (parsed.GetValue(crypted) && !IsHash(line))
                throw new UsageException(
                    "Standard input holds no crypt(3) hash, as in $6$SALT$HASH: nobody could log in with it.",
                    "openssl passwd -6 makes one; without --crypted the line is the password itself."
                );
            using var password = Secret.Of(line.AsSpan());
            var request = GuestSetUserPassword.Request(user, password, parsed.GetValue(crypted));
            using var client = global.Connect(parsed, host);
            // Not as a run: its journal would hold the password.
            if (words.Selector(parsed) is { } selector)
                return await EachVm.DoAsync(host, client, selector, global.IsJson(parsed), SetAsync, vms =>
                {
                    foreach (var (vm, _) in vms) Told(vm);
                }, cancel).ConfigureAwait(false);
            var done = await SetAsync(words.Vm(parsed)!, cancel).ConfigureAwait(false);
            if (global.IsJson(parsed)) CliJson.Write(host.Out, done);
            else Told(done.Vm);
            return ExitCodes.Done;

            async Task<DoneReport> SetAsync(string vm, CancellationToken stop)
            {
                await client.AskAgentAsync(vm, request.Command, request.Arguments, new AgentCallOptions(), stop)
                    .ConfigureAwait(false);
                return new DoneReport(vm);
            }

            void Told(string vm) => host.Out.WriteLine($"The password of {user} in {vm} is set.");
        });
        return command;
    }

    /// <summary>$ID$…, as crypt(5) has it for every method that a system of our days makes.</summary>
    private static bool IsHash(ReadOnlySpan<char> line) =>
        line is ['$', not '$', ..] && line[1..].Count('$') >= 2 && !line.ContainsAny(" :\t") && !line
            .ContainsAnyExceptInRange('!', '~');

    public static Command SshKeys(CliHost host, GlobalOptions global)
    {
        var keys = new Option<string>("--keys")
        {
            Description = "A file with public keys, one a line (standard input)",
            HelpName = "FILE",
        };
        var command = new Command(
            "ssh-keys",
            "Lists a user's authorized SSH keys in the guest, adds some, removes some, or replaces them all."
        ) { keys };
        var target = new GuestTarget(host, global, command, "USER", string.Join('|', KeyActions));
        command.SetAction(async (parsed, cancel) =>
        {
            var (user, action) = (target.Word(parsed, 0), target.Word(parsed, 1));
            if (!KeyActions.Contains(action))
                throw new UsageException($"'{action}' is not an action on keys.", $"Use one of {string.Join(", ", KeyActions)}.");
            if (action == "list")
            {
                if (parsed.GetValue(keys) is not null) throw new UsageException("--keys: list takes none.");
                using var asking = global.Connect(parsed, host);
                return await target.CallAsync(parsed, asking, GuestSshGetAuthorizedKeys.Request(user), null, (_, reply) =>
                {
                    foreach (var key in GuestSshGetAuthorizedKeys.Read(GuestTarget.Bytes(reply.Return)).Keys)
                        host.Out.WriteLine(key);
                    return ExitCodes.Done;
                }, cancel).ConfigureAwait(false);
            }
            var file = parsed.GetValue(keys) ?? "-";
            if (file == "-") target.NeedYes(parsed, "the keys");
            var given = Read(file, host.In, any: action == "remove");
            var request = action == "remove"
                ? GuestSshRemoveAuthorizedKeys.Request(user, given)
                : GuestSshAddAuthorizedKeys.Request(user, given, action == "replace" ? true : null);
            using var client = global.Connect(parsed, host);
            var question = action switch
            {
                "add" => $"Let {Text.Count(given.Count, "more key")} in as {user} to",
                "remove" => $"Remove {Text.Count(given.Count, "key")} of {user} from",
                _ => $"Replace all keys of {user} by {Text.Count(given.Count, "key")} in",
            };
            return await target.CallAsync(parsed, client, request, question, (vm, _) =>
            {
                host.Out.WriteLine(action switch
                {
                    "add" => $"{vm}: {user} has {Text.Count(given.Count, "key")} more, or had them already.",
                    "remove" => $"{vm}: {user} has {(given.Count == 1 ? "this key" : "these keys")} no more.",
                    _ => $"{vm}: {user} has {Text.Count(given.Count, "key")}, and no other.",
                });
                return ExitCodes.Done;
            }, cancel).ConfigureAwait(false);
        });
        return command;
    }

    /// <param name="any">Takes any line: what is to be removed may be no key.</param>
    /// <exception cref="UsageException">There is no key, or a line is none. The line is not repeated: it may be a
    /// secret.</exception>
    private static List<string> Read(string file, TextReader input, bool any)
    {
        if (file != "-" && !File.Exists(file)) throw new UsageException($"--keys: there is no file {file}.");
        var source = file == "-" ? "Standard input" : file;
        var keys = new List<string>();
        foreach (
            var (text, number) in (file == "-" ? input.ReadToEnd() : File.ReadAllText(file))
                .Split('\n')
                .Select((line, i) => (line.Trim(), i + 1))
        )
        {
            if (text.Length == 0 || text[0] == '#') continue;
            if (!any && AuthorizedKey.Fault(text) is { } fault)
                throw new UsageException($"{source}, line {number}: {fault.Why}.", fault.Remedy);
            keys.Add(text);
        }
        return keys.Count > 0 ? keys : throw new UsageException($"{source} holds no key.", AuthorizedKey.Shape);
    }
}

using System.CommandLine;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm passwd</c>.</summary>
internal static class VmPasswdCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var crypted = new Option<bool>("--crypted")
        {
            Description = "Standard input holds a crypt(3) hash of the password (not for Windows)",
        };
        var yes = Confirmation.Yes();
        var command =
            new CliCommand("passwd", "Sets a user's password in the guest, from the first line of standard input.",
                "qgactl vm passwd db1 root --yes < password.txt") { crypted, yes };
        command.Exits = ExitCodes.OfSeveral;
        var words = new VmArguments(command, "All VMs that this selects get this password", "USER");
        command.SetAction(async (parsed, cancel) =>
        {
            Confirmation.Need(parsed.GetValue(yes), "the password");
            var user = words.Word(parsed, 0);
            using var password = host.ReadSecret();
            if (password is null || password.Reveal().IsEmpty)
                throw new UsageException("Standard input holds no password.", $"As in qgactl vm passwd VM {user} --yes < FILE");
            if (parsed.GetValue(crypted) && !IsHash(password.Reveal()))
                throw new UsageException(
                    "Standard input holds no crypt(3) hash, as in $6$SALT$HASH: nobody could log in with it.",
                    "openssl passwd -6 makes one; without --crypted the line is the password itself."
                );
            var request = GuestSetUserPassword.Request(user, password, parsed.GetValue(crypted));
            using var holder = request.Holder;
            using var client = global.Connect(parsed, host);
            // Not as a run: its journal would hold the password.
            if (words.Selector(parsed) is { } selector)
                return await ForEachVm.DoAsync(host, client, selector, global.IsJson(parsed), SetAsync, vms =>
                {
                    foreach (var (vm, _) in vms) Tell(vm);
                }, cancel).ConfigureAwait(false);
            var done = await SetAsync(words.Vm(parsed)!, cancel).ConfigureAwait(false);
            if (global.IsJson(parsed)) CliJson.Write(host.Out, done);
            else Tell(done.Vm);
            return ExitCodes.Done;

            async Task<DoneReport> SetAsync(string vm, CancellationToken stop)
            {
                var reply = await client
                    .AskAgentAsync(vm, request.Command, request.Arguments, new AgentCallOptions(), stop)
                    .ConfigureAwait(false);
                CliErrors.Warn(host.Error, reply.Warnings, vm);
                return new DoneReport(vm);
            }

            void Tell(string vm) => host.Out.WriteLine($"The password of {user} in {vm} is set.");
        });
        return command;
    }

    /// <summary>$ID$…, as crypt(5) has it for every method that a system of our days makes.</summary>
    private static bool IsHash(ReadOnlySpan<byte> line) =>
        line is [(byte)'$', not (byte)'$', ..] && line[1..].Count((byte)'$') >= 2 && !line.Contains((byte)':')
            && !line.ContainsAnyExceptInRange((byte)'!', (byte)'~');
}

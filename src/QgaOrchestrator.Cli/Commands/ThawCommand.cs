using System.CommandLine;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Connection;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

internal static class ThawCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var vm = new Argument<string>("VM")
        {
            Description = "The name of a VM, or host/name (default: every VM that we froze)",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var force = new Option<bool>("--force")
        {
            Description = "Thaws also a guest that somebody else froze. This may break their backup",
        };
        var offline =
            new Option<bool>("--offline") { Description = "Thaws without a node, by the freeze ledger of this machine" };
        var command = new CliCommand(
            "thaw",
            "Thaws frozen guests: one, or every guest that qgad froze.",
            "qgactl thaw",
            "qgactl thaw db1 --force",
            "qgactl thaw --offline --config /etc/qgad/node.json"
        ) { vm, force, offline };
        command.Exits = ExitCodes.OfSeveral;
        command.Validators.Add(result =>
        {
            if (result.GetValue(force) && result.GetValue(vm) is null)
                result.AddError("--force: name the VM that is to be thawed.");
            if (result.GetValue(force) && result.GetValue(offline))
                result.AddError("--force: --offline thaws what our ledger names, and nothing else.");
        });
        command.SetAction(async (parsed, cancel) =>
        {
            var name = parsed.GetValue(vm);
            var reports = parsed.GetValue(offline)
                ? await new OfflineThaw(host, () => Try(() => global.Connect(parsed, host)))
                    .RunAsync(Ledgers.Find(host, new NodeLocator(host).ConfigFile(global.Hints(parsed))), name, cancel)
                        .ConfigureAwait(false)
                : await ThroughNodeAsync(name, parsed.GetValue(force)).ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, reports);
            else
                Write(host, reports);
            if (parsed.GetValue(offline) && !reports.Searched.Any(Directory.Exists))
                throw new CommandFailedException(
                    $"There is no freeze ledger in {string.Join(", or in ", reports.Searched)}: it is not known whether a "
                        + $"guest is frozen.",
                    "Name the config file of this host's node by --config FILE: its Freeze.Ledger is the ledger. Run it on the "
                        + "VM's own host."
                );
            if (parsed.GetValue(offline) && name is not null && reports.Vms.Count == 0)
                throw new CommandFailedException(
                    $"The ledger does not name {name}: this host's node has not left it frozen.",
                    "Look whether it is frozen: qgactl vm show. Another host has a ledger of its own."
                );
            return ExitCodeOf(reports);

            async Task<ThawReports> ThroughNodeAsync(string? only, bool forced)
            {
                using var client = global.Connect(parsed, host);
                return await NodeThaw.RunAsync(client, only, forced, cancel).ConfigureAwait(false);
            }
        });
        return command;
    }

    private static QgaClient? Try(Func<QgaClient> connect)
    {
        try
        {
            return connect();
        }
        catch (Exception e) when (e is UsageException or CommandFailedException)
        {
            return null;
        }
    }

    private static int ExitCodeOf(ThawReports reports) => reports.Vms.Count(vm => !vm.Thawed) switch
    {
        0 => ExitCodes.Done,
        var failed when failed < reports.Vms.Count => ExitCodes.Partial,
        _ => ExitCodes.Failed,
    };

    private static void Write(CliHost host, ThawReports reports)
    {
        foreach (var ledger in reports.Searched)
            host.Out.WriteLine($"Searched the ledger {ledger}{(Directory.Exists(ledger) ? "" : ", which does not exist")}");
        foreach (var vm in reports.Vms)
            (vm.Thawed ? host.Out : host.Error).WriteLine(vm.Thawed
                ? $"{vm.Vm}: thawed{(vm.FileSystems is { } count ? $", {Text.Count(count, "file system")}" : "")}"
                    + (vm.Reason is null ? "" : $"; {vm.Reason}")
                : $"{vm.Vm}: not thawed: {vm.Reason}");
        if (reports.Vms.Count == 0 && (reports.Searched.Count == 0 || reports.Searched.Any(Directory.Exists)))
            host.Out.WriteLine("Nothing to thaw.");
    }
}

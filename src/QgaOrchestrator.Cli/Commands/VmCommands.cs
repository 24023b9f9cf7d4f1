using System.CommandLine;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

internal static class VmCommands
{
    /// <param name="ofKinds">Commands of kinds of run that work in one VM, too.</param>
    public static CliCommand Build(CliHost host, GlobalOptions global, IEnumerable<CliCommand> ofKinds)
    {
        var vm = new CliCommand("vm", "Shows VMs and works in their guests, through the guest agent.");
        foreach (var command in All(host, global, ofKinds)) vm.Add(command);
        return vm;
    }

    private static IEnumerable<CliCommand> All(CliHost host, GlobalOptions global, IEnumerable<CliCommand> ofKinds) =>
    [
        VmListCommand.Build(host, global),
        Show(host, global),
        VmInfoCommand.Build(host, global),
        VmCallCommand.Build(host, global),
        .. ofKinds,
        VmCpCommand.Build(host, global),
        VmHookCommands.Build(host, global),
        VmTrimCommand.Build(host, global),
        VmTimeCommand.Build(host, global),
        VmCpusCommand.Build(host, global),
        VmMemoryCommand.Build(host, global),
        VmPasswdCommand.Build(host, global),
        VmSshKeysCommands.Build(host, global),
        VmPowerCommands.Shutdown(host, global),
        VmPowerCommands.Reboot(host, global),
        VmPowerCommands.Suspend(host, global),
        VmWakeCommand.Build(host, global),
    ];

    internal static Argument<string> Vm() => new("VM") { Description = "The name of a VM, or host/name" };

    private static CliCommand Show(CliHost host, GlobalOptions global)
    {
        var vm = Vm();
        var command = new CliCommand(
            "show", "Shows one VM: its agent, its freeze, its guest, and what to do if something is wrong.", "qgactl vm show db1")
        {
            vm,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var found = await client.GetVmAsync(parsed.GetRequiredValue(vm), cancel).ConfigureAwait(false);
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, found);
            else
                VmText.Write(host.Screen, found);
            return ExitCodes.Done;
        });
        return command;
    }
}

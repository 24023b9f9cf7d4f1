using System.CommandLine;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm wake</c>: a guest that suspended itself to memory goes on.</summary>
internal static class VmWakeCommand
{
    public static Command Build(CliHost host, GlobalOptions global)
    {
        var vm = VmCommands.Vm();
        var command = new Command("wake", "Wakes a guest that suspended itself to memory, through its monitor.") { vm };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var name = parsed.GetRequiredValue(vm);
            var woken = await client.WakeAsync(name, cancel).ConfigureAwait(false);
            if (global.IsJson(parsed)) CliJson.Write(host.Out, woken);
            else host.Out.WriteLine($"{name} is awake: QEMU says {woken.RunState}.");
            return ExitCodes.Done;
        });
        return command;
    }
}

using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

/// <summary><c>vm wake</c>: resumes a guest that suspended itself to memory.</summary>
internal static class VmWakeCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var yes = Confirmation.Yes();
        var command = new CliCommand(
            "wake", "Wakes a guest that is suspended to memory, through QEMU's monitor.", "qgactl vm wake db1") { yes };
        command.Exits = ExitCodes.OfSeveral;
        var words = new VmArguments(command, "All VMs that this selects");
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            if (words.Selector(parsed) is { } selector)
            {
                if (!Confirmation.Given(host, parsed.GetValue(yes), $"Wake every VM of {selector}?")) return ExitCodes.Failed;
                return await ForEachVm.DoAsync(host, client, selector, global.IsJson(parsed), client.WakeAsync, vms =>
                {
                    foreach (var (vm, woken) in vms) Tell(vm, woken);
                }, cancel).ConfigureAwait(false);
            }
            var name = words.Vm(parsed)!;
            var awake = await client.WakeAsync(name, cancel).ConfigureAwait(false);
            if (global.IsJson(parsed)) CliJson.Write(host.Out, awake);
            else Tell(name, awake);
            return ExitCodes.Done;
        });
        return command;

        void Tell(string vm, WokenVm woken) => host.Out.WriteLine($"{vm} is awake: QEMU says {woken.RunState}.");
    }
}

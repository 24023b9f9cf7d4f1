using System.CommandLine;
using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.CommandLine;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Commands;

internal static class VmListCommand
{
    public static CliCommand Build(CliHost host, GlobalOptions global)
    {
        var select = SelectOption.With("Only these VMs, for example app=db,!legacy (default: all)");
        var state = ListFilters.Words(
            "--state",
            "STATE,…",
            "Only VMs whose agent is in one of these states",
            AgentStates.Ready,
            AgentStates.Absent,
            AgentStates.Busy,
            AgentStates.Connecting,
            AgentStates.Quarantined,
            AgentStates.None,
            AgentStates.Missing,
            AgentStates.Invalid,
            AgentStates.Unreachable
        );
        var frozen = new Option<bool>("--frozen") { Description = "Only VMs whose guest is frozen" };
        var command = new CliCommand(
            "list",
            "Lists VMs: whether the agent of each answers, and if not, why.",
            "qgactl vm list",
            "qgactl vm list --select 'app in (db,web)' --state absent,busy"
        ) { select, state, frozen };
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = global.Connect(parsed, host);
            var vms = await client.GetVmsAsync(parsed.GetValue(select), cancel).ConfigureAwait(false);
            if (parsed.GetValue(state) is not null || parsed.GetValue(frozen))
            {
                IReadOnlyList<Vm> kept =
                [
                    .. vms.Items.Where(vm =>
                        ListFilters.Has(parsed.GetValue(state), vm.Agent.State) && (vm.Frozen || !parsed.GetValue(frozen))),
                ];
                vms = vms with { Items = kept, Total = kept.Count };
            }
            if (global.IsJson(parsed))
                CliJson.Write(host.Out, vms);
            else
                VmText.WriteList(host.Screen, vms.Items);
            foreach (var note in vms.Notes ?? [])
                host.Error.WriteLine($"qgactl: {note}");
            return ExitCodes.Done;
        });
        return command;
    }
}

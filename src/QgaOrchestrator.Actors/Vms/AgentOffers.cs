using Akka.Actor;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>A dry run's question: would this VM's agent take the command? It is asked only what it offers.</summary>
internal static class AgentOffers
{
    public static async Task<ItemOutcome> CheckAsync(
        IActorRef vm, VmServices services, string command, Func<ItemState, string?, string?, ItemOutcome> outcome)
    {
        if (services.Denied.Contains(command))
            return outcome(ItemState.Failed, $"this host's policy denies {command}", "Policy.Deny in the node's config names it");
        var ended = await vm.Ask<CallEnded>(new Submit(GuestInfo.Request, TimeSpan.FromSeconds(5)), TimeSpan.FromSeconds(30));
        return ended.Outcome switch
        {
            Qemu.Agent.AgentOutcome.Returned r => GuestInfo.Read(r.Json).Status(command) switch
            {
                CommandStatus.Enabled => outcome(ItemState.Succeeded, null, null),
                CommandStatus.Disabled => outcome(ItemState.Failed, $"the guest's administrator disabled {command}", "Allow it in the guest: qemu-ga's --block-rpcs or --allow-rpcs"),
                _ => outcome(ItemState.Failed, $"the guest's agent does not know {command}", "Update qemu-ga in the guest; QEMU's documentation says since which version it has it"),
            },
            Qemu.Agent.AgentOutcome.NotSent n => outcome(ItemState.Unreachable, n.Reason, "Check that qemu-ga runs in the guest"),
            var other => outcome(ItemState.Unreachable, other.ToString(), "Check that qemu-ga runs in the guest"),
        };
    }
}

using Akka.Actor;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Kinds;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>What stands in the way of an item before anything was done.</summary>
internal sealed record Obstacle(ItemState State, string Reason, string? Remedy)
{
    public static readonly Obstacle NoMonitor = new(
        ItemState.Failed, "this VM has no monitor's socket, and disks are cut through the monitor", "Give QEMU a -qmp socket and name it in Fleet.Sources");

    /// <summary>Why this machine cannot be backed up now, or null.</summary>
    public static Obstacle? Of(MonitorView machine) => machine switch
    {
        { Up: false } => new(ItemState.Unreachable, machine.Reason ?? "the monitor does not answer", "Check that QEMU runs and that nobody else holds its monitor's socket"),
        _ => null,
    };

    /// <summary>The agent of a stopped VM is as silent as one that does not run, but the remedy is another.</summary>
    public Obstacle Told(MonitorView machine) => this is { State: ItemState.Unreachable } && machine.RunState is { } state and not "running"
        ? new(ItemState.Failed, $"the VM does not run: it is {state}", "Start or resume it, then run the backup again")
        : this;
}

/// <summary>Whether a guest can be frozen now, asked before anything is made.</summary>
/// <param name="Freezes">A window can be opened.</param>
/// <param name="FileSystems">What the guest says of its file systems, null where it does not.</param>
/// <param name="Stop">The item ends here.</param>
internal sealed record FreezeFitness(bool Freezes, IReadOnlyList<GuestFilesystem>? FileSystems, Obstacle? Stop)
{
    public static async Task<FreezeFitness> AskAsync(IActorRef vm, VmServices services, string name, Consistency consistency)
    {
        if (consistency == Consistency.None) return new(false, null, null);
        if (services.Denied.Contains(GuestFsfreezeFreeze.Name))
            return new(false, null, new Obstacle(ItemState.Failed, $"this host's policy denies {GuestFsfreezeFreeze.Name}", "Policy.Deny in the node's config names it; or use consistency none"));
        var status = await CallAsync(GuestFsfreezeStatus.Request);
        var obstacle = status.Outcome switch
        {
            AgentOutcome.Returned r when GuestFsfreezeStatus.Read(r.Json) == FreezeStatus.Thawed => null,
            AgentOutcome.Returned => new Obstacle(
                ItemState.Failed, "the guest is frozen by somebody else", $"Let its backup finish, or thaw it with qgactl thaw {name} --force"),
            AgentOutcome.Refused r => new Obstacle(
                ItemState.Failed, $"the guest's agent does not offer freezing: {r.Error.Description}", "Allow guest-fsfreeze-* in the guest (qemu-ga --allow-rpcs/--block-rpcs), or use consistency prefer"),
            AgentOutcome.NotSent n when status.Refusal is ChannelRefusal.Quarantined => new Obstacle(
                ItemState.Failed, n.Reason, $"The node keeps thawing it; see qgactl vm show {name}"),
            AgentOutcome.NotSent n => new Obstacle(ItemState.Unreachable, n.Reason, $"Check that qemu-ga runs in the guest: qgactl vm show {name}"),
            AgentOutcome.Unknown u => new Obstacle(ItemState.Unreachable, u.Reason, $"Check that qemu-ga runs in the guest: qgactl vm show {name}"),
            _ => null,
        };
        // A guest that somebody else has frozen is consistent for them, not for us, even where a freeze is only preferred.
        if (obstacle is not null) return new(false, null, consistency == Consistency.Require ? obstacle : null);

        var fileSystems = await CallAsync(GuestGetFsinfo.Request);
        return new(true, fileSystems.Outcome is AgentOutcome.Returned f ? GuestGetFsinfo.Read(f.Json) : null, null);

        Task<CallEnded> CallAsync(AgentRequest request) => vm.Ask<CallEnded>(new Submit(request, TimeSpan.FromSeconds(10)), TimeSpan.FromSeconds(30));
    }
}

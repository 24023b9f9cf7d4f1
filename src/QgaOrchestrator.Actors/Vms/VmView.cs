using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>A VM's status as others see it: a pure function of what its actor knows.</summary>
internal static class VmView
{
    public static VmStatus Of(
        VmId id, Channel channel, GuestView guest, MonitorView machine, OpenWindow? window, FrozenView? frozen, string? run, string? holder)
    {
        var (state, reason) = Agent(id, channel, guest, machine, holder);
        return new VmStatus(id, machine.Uuid, VmIdentity.NoLabels, state)
        {
            AgentReason = reason,
            AgentRemedy = reason is null ? null : channel.Remedy,
            AgentVersion = guest.Info?.Version,
            Frozen = frozen is not null || (guest.FoundFrozen && window is null),
            FrozenCertain = frozen is not { Certain: false },
            FrozenSince = frozen?.Since,
            FrozenBy = (frozen, guest.FoundFrozen, window) switch
            {
                ({ }, _, { Item.Run: "" }) => "raw freeze",
                ({ }, _, { } w) => $"run {w.Item.Run}",
                (null, true, null) => "somebody else",
                _ => null,
            },
            RunState = machine.RunState,
            MonitorReason = machine.Up ? null : machine.Reason,
            QemuVersion = machine.QemuVersion,
            Inventory = guest.Inventory,
            NotUnderstood = guest.NotUnderstood,
            Run = run,
        };
    }

    private static (AgentState State, string? Reason) Agent(VmId id, Channel channel, GuestView guest, MonitorView machine, string? holder) => channel switch
    {
        { Quarantined: true } => (AgentState.Quarantined, "the guest may be frozen and does not answer its thaw; thawing goes on"),
        { Reserved: true } or { Link: LinkState.Ready or LinkState.Busy or LinkState.Flushing or LinkState.Confirming } => (AgentState.Ready, null),
        { LastFailure: null, Policy.HoldsSocket: false } when guest.At is not null => (AgentState.Ready, null),
        _ when machine.RunState == MonitorView.Suspended => (AgentState.Absent, $"the guest is suspended; qgactl vm wake {id.Name} wakes it"),
        { LastFailure: not null } when machine.RunState == MonitorView.Paused => (AgentState.Absent, "the VM is paused, so its agent cannot answer"),
        { LastFailure: null } => (AgentState.Connecting, channel.Reason),
        { Remedy: not null } => (AgentState.Absent, channel.Reason),
        _ when machine is { PortOpen: true, RunState: "running" } && holder is not null =>
            (AgentState.Busy, $"{holder} holds the agent's socket, and QEMU serves one client: end it there"),
        _ when machine is { PortOpen: true, RunState: "running" } =>
            (AgentState.Busy, $"an agent has the port open and does not answer: another program holds the socket, or the agent hangs ({channel.Reason})"),
        _ when machine.PortOpen == false => (AgentState.Absent, "no agent runs in the guest (its port is closed)"),
        _ => (AgentState.Absent, channel.Reason),
    };
}

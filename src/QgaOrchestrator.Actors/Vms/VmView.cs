using System.Globalization;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>A VM's status as others see it: a pure function of what its actor knows.</summary>
internal static class VmView
{
    public static VmStatus Of(
        VmSpec spec,
        Channel channel,
        GuestView guest,
        MonitorView machine,
        string bootId,
        OpenWindow? window,
        FrozenView? frozen,
        string? run,
        string? holder
    )
    {
        var (state, reason, remedy) = Agent(spec, channel, guest, machine, holder);
        return new VmStatus(spec.Id, machine.Uuid, VmIdentity.NoLabels, state)
        {
            AgentReason = reason,
            AgentRemedy = remedy,
            AgentVersion = guest.Info?.Version,
            Frozen = frozen is not null || (guest.FoundFrozen && window is null),
            FrozenCertain = frozen is not { Certain: false },
            FrozenSince = frozen?.Since,
            FrozenBy = (frozen, guest.FoundFrozen, window) switch
            {
                ({ }, _, { Item.Run: "" }) => "raw freeze",
                ({ }, _, { } w) => $"run {w.Item.Run}",
                (null, true, null) => VmStatus.SomebodyElse,
                _ => null,
            },
            RunState = machine.RunState,
            CameIn = machine.CameIn,
            MonitorReason = machine.Up ? null : machine.Reason,
            QemuVersion = machine.QemuVersion,
            Process = machine.Process is { } qemu ? NameOf(bootId, qemu) : null,
            Inventory = guest.Inventory,
            NotUnderstood = guest.NotUnderstood,
            Run = run,
        };
    }

    /// <summary>A process of one boot of this host, and no later one with its pid.</summary>
    public static string NameOf(string bootId, QemuProcess qemu) =>
        string.Create(CultureInfo.InvariantCulture, $"{bootId}/{qemu.Pid}/{qemu.StartTicks}");

    private static (AgentState State, string? Reason, string? Remedy) Held(VmSpec spec, Channel channel, string? holder)
    {
        var held = spec.Kind.Advice.AgentHeld(spec.Address, holder);
        return (AgentState.Busy, holder is null ? $"{held.Reason} ({channel.Reason})" : held.Reason, held.Remedy);
    }

    private static (AgentState State, string? Reason, string? Remedy) Agent(
        VmSpec spec, Channel channel, GuestView guest, MonitorView machine, string? holder) => channel switch
        {
            { Quarantined: true } => (
                AgentState.Quarantined,
                "the guest may be frozen and does not reply to its thaw; the node keeps thawing it",
                "Check in the guest, or on its console, why its agent does not answer"
            ),
            { Away: { } away } => (AgentState.Absent, away, channel.Remedy),
            _ when spec.NoAgent is { } trouble => (trouble.State, trouble.Reason, trouble.Remedy),
            { Reserved: true }
            or { Link: ChannelLink.Ready or ChannelLink.Busy or ChannelLink.Flushing or ChannelLink.Confirming } => (
                AgentState.Ready,
                null,
                null
            ),
            { LastFailure: null, Policy.HoldsSocket: false } when guest.At is not null => (AgentState.Ready, null, null),
            _ when machine.RunState == MonitorView.Suspended => (
                AgentState.Absent,
                $"the guest is suspended; qgactl vm wake {spec.Id.Name} wakes it",
                $"Wake it: qgactl vm wake {spec.Id.Name}"
            ),
            { LastFailure: not null } when machine.RunState == MonitorView.Paused => (
                AgentState.Absent,
                "the VM is paused, so its agent cannot answer",
                $"Continue {spec.Id.Name} where it was paused"
            ),
            { LastFailure: null } => (AgentState.Connecting, channel.Reason, channel.Reason is null ? null : channel.Remedy),
            { Remedy: not null } => (AgentState.Absent, channel.Reason, channel.Remedy),
            _ when machine is { PortOpen: true, RunState: "running" } => Held(spec, channel, holder),
            _ when machine.PortOpen == false => (
                AgentState.Absent,
                "no agent runs in the guest (its port is closed)",
                "Install and start qemu-ga in the guest"
            ),
            _ => (AgentState.Absent, channel.Reason, "Check that QEMU and, in the guest, qemu-ga run"),
        };
}

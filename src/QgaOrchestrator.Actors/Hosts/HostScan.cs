using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>A VM as its host sees it.</summary>
/// <param name="Id">Host and name.</param>
/// <param name="Kind">How its host has it.</param>
/// <param name="Address">Where that kind reaches it.</param>
public sealed record VmSpec(VmId Id, IHostKind Kind, VmAddress Address)
{
    /// <summary>Set where there is a machine and no agent: nothing is asked of the guest, its disks are cut as it
    /// runs.</summary>
    public AgentObstacle? NoAgent { get; init; }
}

/// <summary>Why nothing can be asked of a VM's agent as things are, and what to do.</summary>
/// <param name="State">Invalid, None or Missing.</param>
/// <param name="Reason">A clause.</param>
/// <param name="Remedy">A sentence without its full stop.</param>
public sealed record AgentObstacle(AgentState State, string Reason, string Remedy)
{
    public CallReply.Refused Refusal => new(CallRefusal.NoAgent, Reason, Remedy);
}

/// <summary>A VM that is known and has no channel: it is listed, counted and selected, and whatever is asked of it is
/// refused.</summary>
public sealed record UnservedVm(VmId Id, AgentObstacle Obstacle);

/// <summary>Where VMs may be that cannot be seen.</summary>
/// <param name="Source">The config's key, as in Fleet:Sources:0.</param>
/// <param name="Reason">A clause.</param>
/// <param name="Remedy">A sentence without its full stop.</param>
/// <param name="Blinds">VMs that run are not seen. False: there is nothing to see yet.</param>
public sealed record SourceFault(string Source, string Reason, string Remedy, bool Blinds)
{
    public override string ToString() => $"{Source}: {Reason}. {Remedy}.";
}

/// <summary>What one look at all sources and at the fleet's file found.</summary>
public sealed record HostScan(IReadOnlyList<VmSpec> Vms, IReadOnlyList<UnservedVm> Unserved, IReadOnlyList<SourceFault> Faults)
{
    /// <summary>What their kinds of hosts say of VMs. It is none of what a VM's channel is made of.</summary>
    public IReadOnlyDictionary<VmId, VmLabels> Labels { get; init; } = new Dictionary<VmId, VmLabels>();

    public bool IsAs(HostScan? other) => ReferenceEquals(this, other) || (other is not null
        && Vms.SequenceEqual(other.Vms) && Unserved.SequenceEqual(other.Unserved) && Faults.SequenceEqual(other.Faults)
        && Labels.Count == other.Labels.Count
        && Labels.All(said => said.Value.Equals(other.Labels.GetValueOrDefault(said.Key))));
}

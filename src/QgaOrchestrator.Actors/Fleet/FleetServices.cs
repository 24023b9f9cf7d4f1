using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>What the fleet's directory needs of its node.</summary>
internal sealed record FleetServices
{
    /// <summary>This host's name.</summary>
    public required string Host { get; init; }

    /// <summary>What the fleet's file says of a VM.</summary>
    public required Func<VmId, VmIdentity> Identify { get; init; }

    /// <summary>The region of VMs' actors.</summary>
    public required Func<IActorRef> Channels { get; init; }

    /// <summary>The region of runs.</summary>
    public required Func<IActorRef> Runs { get; init; }

    /// <summary>Is told of each VM whose agent is ready under a new QEMU process.</summary>
    public required Action<VmStatus> Started { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>What this node tells of itself, given how many VMs it has and how many of them are frozen.</summary>
    public required Func<int, int, HostFacts> Facts { get; init; }

    /// <summary>This process of the node.</summary>
    public required HostEpoch Epoch { get; init; }

    /// <summary>This host is being emptied.</summary>
    public Func<bool> Drains { get; init; } = () => false;

    /// <summary>The node has seeds: there may be other hosts, which are told of its VMs.</summary>
    public bool IsClustered { get; init; }
}

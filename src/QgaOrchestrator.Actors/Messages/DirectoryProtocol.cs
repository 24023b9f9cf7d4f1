using System.Text.Json.Serialization;
using Akka.Actor;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Fleet.Directory;
using QgaOrchestrator.Core.Hosts;

namespace QgaOrchestrator.Actors.Messages;

/// <summary>From a host's directory to that of another host: VMs of the sender's host, or of one that is away.</summary>
/// <param name="Host">Where the VMs are.</param>
public sealed record HostVmsTold(string Host, ListPart<VmStatus> Part) : IWire
{
    /// <summary>When a host that is away was heard of last; null: the sender tells of its own VMs.</summary>
    public DateTimeOffset? AsOf { get; init; }
}

/// <summary>From a host's directory to all others, every <see cref="Interval"/>: how far its list is, and how the host is.
/// Who is behind asks with <see cref="TellVms"/>.</summary>
/// <param name="Host">The sender's.</param>
/// <param name="Incarnation">Of its process.</param>
/// <param name="Version">Of its list of VMs.</param>
public sealed record HostBeat(string Host, Guid Incarnation, long Version, HostFacts Facts) : IWire
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>When it was sent, by the sender's clock; null: its version does not tell.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HostMoment? At { get; init; }
}

/// <summary>To a host's directory: tell the sender all of your VMs.</summary>
public sealed record TellVms : IWire;

/// <summary>To a host's directory, from a node that has just begun and was told of no VM yet: tell the sender the VMs of hosts
/// that are away.</summary>
public sealed record TellAway : IWire;

/// <summary>To this node's directory, which tells all others: a host that is away does not come back. Its VMs are not listed any
/// more.</summary>
public sealed record HostForgotten(string Host) : IWire;

/// <summary>To this node's directory: it has changed whether this host is being emptied, and all are told at once.</summary>
internal sealed record DrainChanged : INoSerializationVerificationNeeded;

/// <summary>To this node's directory: tell the sender which of these hosts are away or draining, now and whenever that changes,
/// by <see cref="HostsAway"/>.</summary>
internal sealed record WatchHosts(IReadOnlyCollection<string> Hosts) : INoSerializationVerificationNeeded;

/// <param name="Hosts">All of the watched ones that cannot be reached.</param>
/// <param name="Draining">All of the watched ones that are being emptied.</param>
internal sealed record HostsAway(IReadOnlyCollection<string> Hosts, IReadOnlyCollection<string> Draining)
    : INoSerializationVerificationNeeded
{
    /// <summary>VMs of these hosts, as they were named there, whose guests have gone to another host.</summary>
    public IReadOnlyCollection<VmId> Elsewhere { get; init; } = [];
}

/// <summary>Answered by <see cref="HostsListed"/>.</summary>
public sealed record ListHosts : INoSerializationVerificationNeeded;

public sealed record HostsListed(IReadOnlyList<HostStatus> Hosts) : INoSerializationVerificationNeeded;

using QgaOrchestrator.Core.Hosts;

namespace QgaOrchestrator.Actors;

/// <summary>Whether a host's node is a member of the cluster, as its API names it.</summary>
public enum HostState
{
    Up,
    Joining,
    Leaving,
    /// <summary>It does not answer, or is no member: nothing can be asked of its VMs.</summary>
    Unreachable,
}

/// <summary>A host as the node that was asked sees it.</summary>
/// <param name="Facts">What it told last; null: nothing yet.</param>
/// <param name="Clock">Its clock less this node's, as its last message came; the way of that is not known and
/// counts.</param>
/// <param name="AsOf">When it told that, by this node's clock.</param>
public sealed record HostStatus(string Host, HostState State, HostFacts? Facts, TimeSpan? Clock, DateTimeOffset? AsOf);

/// <summary>What a node tells of itself.</summary>
/// <param name="Version">Of the program.</param>
/// <param name="Api">Where its HTTP listens, as its config says.</param>
/// <param name="Vms">VMs that it lists.</param>
/// <param name="Windows">VMs that are frozen by it now, or may be.</param>
/// <param name="Runs">Runs that it works for now.</param>
/// <param name="Load">Processes that run or wait for a processor, averaged over a minute.</param>
/// <param name="At">Its clock.</param>
/// <param name="FleetFile">SHA-256 of its fleet file, 12 digits; null: it has none.</param>
public sealed record HostFacts(
    string Version, string Api, int Vms, int Windows, int Runs, double Load, DateTimeOffset At, string? FleetFile)
{
    /// <summary>Whether it is being emptied; null: it is of a version that cannot be.</summary>
    public DrainState? Drain { get; init; }

    /// <summary>SHA-256 of its escrow recipients' certificates, 12 digits, or none, or unusable; null: it is of a version that
    /// does not tell.</summary>
    public string? Recipients { get; init; }

    /// <summary>When the first of its certificates ends; null: it needs none, or it is of a version that does not tell.</summary>
    public DateTimeOffset? CertificateEnds { get; init; }

    /// <summary>Items of runs that it works on; null: it is of a version that does not tell.</summary>
    public int? Items { get; init; }
}

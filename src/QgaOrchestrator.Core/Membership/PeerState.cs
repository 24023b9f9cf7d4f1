namespace QgaOrchestrator.Core.Membership;

/// <summary>What a node tells another that asks, as <c>GET /v1/peer/state</c> answers.</summary>
/// <param name="Host">Its hypervisor host.</param>
/// <param name="Address">host:port of its Akka.</param>
/// <param name="ClusterVersion">Of what nodes say to each other; see <see cref="FormationRules.ClusterVersion"/>.</param>
/// <param name="Incarnation">Random for each process.</param>
/// <param name="Seeds">Its <c>Cluster.Seeds</c>.</param>
/// <param name="Members">Of the cluster that it is a member of; empty: of none.</param>
/// <param name="ClusterId">Of the cluster that it is a member of, founds or joins; null: it knows none.</param>
public sealed record PeerState(
    string Host, string Address, string Version, int ClusterVersion, string Incarnation, IReadOnlyList<string> Seeds,
    IReadOnlyList<PeerMember> Members, string? ClusterId)
{
    /// <summary>It has never been a member of a cluster, nor has an earlier process with its data.</summary>
    public bool IsFresh { get; init; }

    /// <summary>It may vote: see <see cref="FormationRules.Patience"/>.</summary>
    public bool IsRipe { get; init; }
}

/// <summary>A member of a cluster, as another member sees it.</summary>
/// <param name="IsUp">It works: neither joining still nor leaving.</param>
/// <param name="Age">Rises with each member; null while it is joining.</param>
public sealed record PeerMember(string Host, string Address, bool IsUp, bool IsReachable, int? Age = null);

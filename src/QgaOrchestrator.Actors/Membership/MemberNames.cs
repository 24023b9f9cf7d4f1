using Akka.Actor;
using Akka.Cluster;
using QgaOrchestrator.Actors.Fleet;
using QgaOrchestrator.Core.Membership;

namespace QgaOrchestrator.Actors.Membership;

/// <summary>What members are called in Akka.</summary>
public static class MemberNames
{
    public const string System = "qga";

    /// <summary>Of the members in <c>Cluster.Seeds</c>: they alone decide in a split.</summary>
    public const string SeedRole = "seed";

    /// <summary>host:port, as in <c>Cluster.Seeds</c>.</summary>
    public static string Of(Address address) => $"{address.Host}:{address.Port}";

    /// <summary>From host:port, with the protocol of <paramref name="self"/>.</summary>
    public static Address Parse(string address, Address self)
    {
        var colon = address.LastIndexOf(':');
        return new(self.Protocol, self.System, address[..colon], int.Parse(
            address[(colon + 1)..], global::System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>All members as this node sees them.</summary>
    public static IReadOnlyList<PeerMember> All(Cluster cluster)
    {
        var state = cluster.State;
        return
        [
            .. state.Members.Select(member => new PeerMember(
                HostRoles.HostsOf(member).FirstOrDefault() ?? "", Of(member.Address),
                member.Status is MemberStatus.Up or MemberStatus.WeaklyUp, !state.Unreachable.Contains(member),
                AgeIn(state, member))),
        ];
    }

    /// <summary>Among members of a host the one that works, and that was there first.</summary>
    public static Member? OfHostIn(ClusterEvent.CurrentClusterState state, string host)
    {
        var role = HostRoles.Of(host);
        return state.Members.Where(member => member.HasRole(role) && member.Status is MemberStatus.Up or MemberStatus.WeaklyUp)
            .MinBy(member => AgeIn(state, member) ?? int.MaxValue);
    }

    /// <summary>How many came up before; null: it has not come up.</summary>
    private static int? AgeIn(ClusterEvent.CurrentClusterState state, Member member) =>
        member.Status is MemberStatus.Joining or MemberStatus.WeaklyUp
            ? null
            : state.Members.Count(other => other.IsOlderThan(member));
}

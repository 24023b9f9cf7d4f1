using Akka.Actor;
using Akka.Cluster;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>A host's node among the cluster's members.</summary>
/// <param name="State">Up, joining, leaving or unreachable.</param>
/// <param name="Directory">The <see cref="FleetActor"/> there.</param>
internal sealed record HostMember(string Host, HostState State, ICanTell Directory);

/// <summary>To the fleet's directory: the members are these now, this node among them.</summary>
internal sealed record MembersChanged(IReadOnlyList<HostMember> Members) : INoSerializationVerificationNeeded;

/// <summary>Tells the fleet's directory of the cluster's members.</summary>
internal sealed class MemberWatch : ReceiveActor
{
    private readonly Dictionary<UniqueAddress, Member> _members = [];
    private readonly HashSet<UniqueAddress> _unreachable = [];
    private readonly IActorRef _directory;
    private readonly Cluster _cluster = Cluster.Get(Context.System);

    /// <param name="directory">The fleet's directory of this node.</param>
    public MemberWatch(IActorRef directory)
    {
        _directory = directory;
        Receive<ClusterEvent.CurrentClusterState>(Begin);
        Receive<ClusterEvent.MemberRemoved>(m => Change(() => _members.Remove(m.Member.UniqueAddress)));
        Receive<ClusterEvent.IMemberEvent>(m => Change(() => _members[m.Member.UniqueAddress] = m.Member));
        Receive<ClusterEvent.UnreachableMember>(m => Change(() => _unreachable.Add(m.Member.UniqueAddress)));
        Receive<ClusterEvent.ReachableMember>(m => Change(() => _unreachable.Remove(m.Member.UniqueAddress)));
    }

    protected override void PreStart() => _cluster.Subscribe(
        Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot,
        typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void Begin(ClusterEvent.CurrentClusterState state) => Change(() =>
    {
        foreach (var member in state.Members) _members[member.UniqueAddress] = member;
        _unreachable.UnionWith(state.Unreachable.Select(member => member.UniqueAddress));
    });

    private void Change(Action change)
    {
        change();
        // Of a host whose node was killed and started again, the one that answers counts.
        _directory.Tell(new MembersChanged([.. _members.Values
            .SelectMany(member => HostRoles.HostsOf(member).Select(host => (Host: host, Member: member)))
            .GroupBy(found => found.Host)
            .Select(found => found.MinBy(one => StateOf(one.Member)))
            .Select(found => new HostMember(found.Host, StateOf(found.Member), DirectoryOf(found.Member)))]));
    }

    private HostState StateOf(Member member) => member.Status switch
    {
        _ when _unreachable.Contains(member.UniqueAddress) => HostState.Unreachable,
        MemberStatus.Up => HostState.Up,
        MemberStatus.Joining or MemberStatus.WeaklyUp => HostState.Joining,
        MemberStatus.Leaving or MemberStatus.Exiting => HostState.Leaving,
        _ => HostState.Unreachable,
    };

    private static ActorSelection DirectoryOf(Member member) =>
        Context.ActorSelection(new RootActorPath(member.Address) / "user" / FleetActor.Name);
}

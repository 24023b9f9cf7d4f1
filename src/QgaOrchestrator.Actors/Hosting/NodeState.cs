using Akka.Actor;
using Akka.Cluster;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Actors.Options;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>This node's membership, asked afresh each time: a member that was up once can be down later.</summary>
public sealed class NodeState
{
    private readonly TaskCompletionSource<Cluster> _cluster = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Up, and not downed or leaving.</summary>
    public bool IsUp => _cluster.Task is { IsCompletedSuccessfully: true, Result: { } cluster }
        && cluster.SelfMember.Status == MemberStatus.Up;

    /// <summary>The actors run: requests can be answered.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>For whom or what it waits to be a member; null: nothing is known of that.</summary>
    public string? WaitsFor { get; internal set; }

    /// <summary>Done when the actor system runs and may join.</summary>
    internal Task<Cluster> Joining => _cluster.Task;

    internal void Started() => IsStarted = true;

    /// <summary>The address of the node that works on a host, as in its <c>Cluster.Hostname</c>; null: none does that is in
    /// contact.</summary>
    public string? HostnameOf(string host)
    {
        if (_cluster.Task is not { IsCompletedSuccessfully: true, Result: var cluster }) return null;
        var state = cluster.State;
        return MemberNames.OfHostIn(state, host) is { } member && !state.Unreachable.Contains(member)
            ? member.Address.Host
            : null;
    }

    /// <summary>A node without seeds is a cluster of its own; one with seeds is told when to join whom.</summary>
    internal void Join(ActorSystem system, ClusterSection options)
    {
        var cluster = Cluster.Get(system);
        if (options.Seeds.Count == 0) cluster.Join(cluster.SelfAddress);
        _cluster.TrySetResult(cluster);
    }
}

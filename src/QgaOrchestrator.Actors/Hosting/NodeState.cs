using Akka.Actor;
using Akka.Cluster;
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

    internal void Started() => IsStarted = true;

    /// <summary>A node without seeds is a cluster of its own; one with seeds joins them by itself.</summary>
    internal void Join(ActorSystem system, ClusterSection options)
    {
        var cluster = Cluster.Get(system);
        if (options.Seeds.Count == 0) cluster.Join(cluster.SelfAddress);
        _cluster.TrySetResult(cluster);
    }
}

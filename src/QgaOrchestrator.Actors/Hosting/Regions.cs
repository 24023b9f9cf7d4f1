using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Runs;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>Where actors live: a VM's on its own host and nowhere else, a run's anywhere.</summary>
internal static class Regions
{
    public static Task<IActorRef> StartVmsAsync(ActorSystem system, Props props) => ClusterSharding.Get(system).StartAsync(
        "vm",
        props,
        ClusterShardingSettings.Create(system).WithRememberEntities(false).WithPassivateIdleAfter(TimeSpan.Zero),
        new VmExtractor(),
        new OwnHost(Cluster.Get(system)),
        PoisonPill.Instance);

    public static Task<IActorRef> StartRunsAsync(ActorSystem system, Props props)
    {
        var sharding = ClusterSharding.Get(system);
        var settings = ClusterShardingSettings.Create(system).WithRememberEntities(true);
        return sharding.StartAsync(
            "run", props, settings, new RunExtractor(), new WhereItBegins(), PoisonPill.Instance);
    }

    /// <summary>A shard is a host, an entity a VM of it.</summary>
    private sealed class VmExtractor : IMessageExtractor
    {
        public string? EntityId(object message) => (message as IVmMessage)?.Vm.Entity;

        public object EntityMessage(object message) => message;

        public string? ShardId(object message) => (message as IVmMessage)?.Vm.Host;

        public string ShardId(string entityId, object? messageHint = null) =>
            entityId[..entityId.IndexOf('~', StringComparison.Ordinal)];
    }

    private sealed class RunExtractor() : HashCodeMessageExtractor(RunIds.Shards)
    {
        public override string? EntityId(object message) => (message as IRunMessage)?.Run;
    }

    /// <summary>A shard that has a place stays there.</summary>
    private abstract class Settled : IShardAllocationStrategy
    {
        public abstract Task<IActorRef> AllocateShard(
            IActorRef requester,
            string shardId,
            IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations
        );

        public Task<IImmutableSet<string>> Rebalance(
            IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations,
            IImmutableSet<string> rebalanceInProgress
        ) => Task.FromResult<IImmutableSet<string>>(ImmutableHashSet<string>.Empty);
    }

    /// <summary>Gives a run's shard to the node that first asks for it, and after a crash to the one that has the fewest. It
    /// stays there: a host that joins must not move a run that is inside a window.</summary>
    private sealed class WhereItBegins : Settled
    {
        public override Task<IActorRef> AllocateShard(
            IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations
        ) => Task.FromResult(
            // For remembered runs it is the coordinator that asks, which is no region.
            currentShardAllocations.ContainsKey(requester)
                ? requester
                : currentShardAllocations.MinBy(region => region.Value.Count).Key);
    }

    /// <summary>Gives a host's shard to the member that runs on it, and to nobody while that is absent: its channels are
    /// sockets there.</summary>
    private sealed class OwnHost(Cluster cluster) : Settled
    {
        public override Task<IActorRef> AllocateShard(
            IActorRef requester, string shardId, IImmutableDictionary<IActorRef, IImmutableList<string>> currentShardAllocations)
        {
            var home = MemberNames.OfHostIn(cluster.State, shardId)?.Address;
            return Task.FromResult(
                currentShardAllocations.Keys.FirstOrDefault(region => home is not null && AddressOf(region).Equals(home))
                    ?? ActorRefs.Nobody
            );
        }

        private Address AddressOf(IActorRef region) =>
            region.Path.Address.HasLocalScope ? cluster.SelfAddress : region.Path.Address;
    }
}

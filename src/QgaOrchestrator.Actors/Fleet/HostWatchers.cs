using Akka.Actor;
using QgaOrchestrator.Actors.Messages;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>Runs that wait for hosts that are away. Belongs to the <see cref="FleetActor"/>.</summary>
internal sealed class HostWatchers(FleetServices services, OtherHosts others, IActorContext context)
{
    private sealed class Watcher(IReadOnlyCollection<string> hosts)
    {
        public IReadOnlyCollection<string> Hosts { get; } = hosts;
        public IReadOnlyCollection<string> Away { get; set; } = [];
    }

    private readonly Dictionary<IActorRef, Watcher> _watchers = [];

    public void Add(IActorRef watcher, IReadOnlyCollection<string> hosts)
    {
        context.Watch(watcher);
        Tell(watcher, _watchers[watcher] = new Watcher(hosts));
    }

    public void Remove(IActorRef watcher) => _watchers.Remove(watcher);

    public void TellAll()
    {
        foreach (var (watcher, known) in _watchers) Tell(watcher, known);
    }

    private void Tell(IActorRef watcher, Watcher known)
    {
        IReadOnlyCollection<string> away =
            [.. known.Hosts.Where(host => host != services.Host && others.WayTo(host) is null).Order(StringComparer.Ordinal)];
        if (away.SequenceEqual(known.Away)) return;
        known.Away = away;
        watcher.Tell(new HostsAway(away));
    }
}

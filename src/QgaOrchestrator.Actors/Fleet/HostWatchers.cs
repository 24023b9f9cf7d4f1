using Akka.Actor;
using QgaOrchestrator.Actors.Messages;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>Runs that wait for hosts that are away or draining. Belongs to the <see cref="FleetActor"/>.</summary>
internal sealed class HostWatchers(FleetServices services, OtherHosts others, IActorContext context)
{
    private sealed class Watcher(IReadOnlyCollection<string> hosts)
    {
        public IReadOnlyCollection<string> Hosts { get; } = hosts;
        public HostsAway Told { get; set; } = new([], []);
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
        var now = new HostsAway([.. Of(known, IsAway)], [.. Of(known, Drains)]);
        if (now.Hosts.SequenceEqual(known.Told.Hosts) && now.Draining.SequenceEqual(known.Told.Draining)) return;
        known.Told = now;
        watcher.Tell(now);
    }

    private static IEnumerable<string> Of(Watcher watcher, Func<string, bool> which) =>
        watcher.Hosts.Where(which).Order(StringComparer.Ordinal);

    private bool IsAway(string host) => services.IsClustered && host != services.Host && others.WayTo(host) is null;

    private bool Drains(string host) => host == services.Host ? services.Drains() : others.Drains(host);
}

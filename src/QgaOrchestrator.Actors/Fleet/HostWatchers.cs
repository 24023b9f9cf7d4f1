using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>Runs that wait for hosts that are away or draining. Belongs to the <see cref="FleetActor"/>.</summary>
/// <param name="elsewhere">The VMs of these hosts whose guests are on another host.</param>
internal sealed class HostWatchers(
    FleetServices services, OtherHosts others, Func<IReadOnlySet<string>, IEnumerable<VmId>> elsewhere, IActorContext context)
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
        var waited = now.Hosts.Concat(now.Draining).ToHashSet();
        if (waited.Count > 0)
            now = now with { Elsewhere = [.. elsewhere(waited).OrderBy(vm => vm.Entity, StringComparer.Ordinal)] };
        if (now.Hosts.SequenceEqual(known.Told.Hosts)
            && now.Draining.SequenceEqual(known.Told.Draining)
            && now.Elsewhere.SequenceEqual(known.Told.Elsewhere))
            return;
        known.Told = now;
        watcher.Tell(now);
    }

    private static IEnumerable<string> Of(Watcher watcher, Func<string, bool> which) =>
        watcher.Hosts.Where(which).Order(StringComparer.Ordinal);

    private bool IsAway(string host) => services.IsClustered && host != services.Host && others.WayTo(host) is null;

    private bool Drains(string host) => host == services.Host ? services.Drains() : others.Drains(host);
}

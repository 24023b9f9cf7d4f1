using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Fleet.Directory;
using QgaOrchestrator.Core.Hosts;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>
/// The hosts of the cluster and what they told of their VMs. Each host tells its own, so two of them never disagree about one.
/// A host that is away stays known, with what it told last, until somebody says to forget it. Belongs to the
/// <see cref="FleetActor"/>.
/// </summary>
/// <param name="changed">Is told of each VM that may be frozen or was, before and after.</param>
/// <param name="left">Is told of each VM that is not on its host any more.</param>
internal sealed class OtherHosts(
    FleetServices services, IActorRef self, Action<VmStatus?, VmStatus?> changed, Action<VmStatus> left)
{
    /// <summary>How long an answer to <see cref="TellVms"/> is waited for.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(1);

    private sealed class Known
    {
        public HostMember? Member { get; set; }
        public HostList<VmStatus> List { get; set; } = new();
        public HostFacts? Facts { get; set; }
        public DateTimeOffset? HeardAt { get; set; }
        public (HostMoment Then, long Heard)? Clock { get; set; }
        public DateTimeOffset? AskedAt { get; set; }
        public bool Drains => Facts?.Drain is DrainState.Draining or DrainState.Drained;
        public HostState State => Member?.State ?? HostState.Unreachable;
    }

    private readonly SortedDictionary<string, Known> _hosts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _askedForAway = [];
    private HostState _own = HostState.Joining;

    /// <summary>The directories that can be told something.</summary>
    public IEnumerable<ICanTell> Present => _hosts.Values.Where(IsPresent).Select(host => host.Member!.Directory);

    public void Update(MembersChanged changed)
    {
        var now = changed.Members.ToDictionary(member => member.Host);
        _own = now.GetValueOrDefault(services.Host)?.State ?? HostState.Joining;
        now.Remove(services.Host);
        foreach (var member in now.Values) Of(member.Host).Member = member;
        // Another process than that whose clock is known.
        foreach (var host in _hosts.Values.Where(host => host.State == HostState.Joining)) host.Clock = null;
        foreach (var (name, host) in _hosts) host.Member = now.GetValueOrDefault(name);
        // Each once: a host that comes back might still know what was forgotten meanwhile.
        foreach (var (name, host) in _hosts)
            if (IsPresent(host) && _askedForAway.Add(name)) host.Member!.Directory.Tell(new TellAway(), self);
    }

    /// <summary>What hosts that are away told last.</summary>
    public void TellAway(ICanTell asker)
    {
        foreach (var (name, host) in _hosts)
        {
            if (IsPresent(host) || host is not { List.IsKnown: true, HeardAt: { } heard }) continue;
            foreach (var part in host.List.All(ToldVms.BytesOf, ToldVms.Most))
                asker.Tell(new HostVmsTold(name, part) { AsOf = heard }, self);
        }
    }

    /// <returns>Whether it has changed that the host is being emptied.</returns>
    public bool Learn(HostBeat beat)
    {
        if (beat.Host == services.Host) return false;
        var host = Of(beat.Host);
        var drained = host.Drains;
        (host.Facts, host.HeardAt) = (beat.Facts, services.Time.GetUtcNow());
        host.Clock = beat.At is { } then ? (then, services.Time.GetTimestamp()) : null;
        if (host.List.IsBehind(beat.Incarnation, beat.Version)) AskAll(host);
        return host.Drains != drained;
    }

    public void Learn(HostVmsTold told)
    {
        if (told.Host == services.Host) return;
        var host = Of(told.Host);
        if (told.AsOf is { } heard)
        {
            LearnOfAway(host, told.Part, heard);
            return;
        }
        var before = host.List.Vms;
        (host.List, var ask) = host.List.Take(told.Part, vm => vm.Id.Name);
        if (host.List.Vms != before)
        {
            foreach (var vm in before.Values.Where(vm => vm.Frozen)) changed(vm, host.List.Vms.GetValueOrDefault(vm.Id.Name));
            foreach (var vm in told.Part.Seen.Where(vm => !vm.Frozen)) changed(null, vm);
            foreach (var name in told.Part.From == 0 ? before.Keys : told.Part.Left)
                if (before.TryGetValue(name, out var vm) && !host.List.Vms.ContainsKey(name)) left(vm);
        }
        host.HeardAt = services.Time.GetUtcNow();
        if (ask) AskAll(host);
        else host.AskedAt = null;
    }

    /// <summary>The newest that any node has heard counts, and the host's own word before all.</summary>
    private static void LearnOfAway(Known host, ListPart<VmStatus> part, DateTimeOffset heard)
    {
        if (IsPresent(host) || heard <= host.HeardAt) return;
        var before = host.List;
        (host.List, _) = host.List.Take(part, vm => vm.Id.Name);
        if (before.Version != host.List.Version || before.Incarnation != host.List.Incarnation) host.HeardAt = heard;
    }

    /// <returns>False: it is not known, or its node is a member and would tell of it again.</returns>
    public bool Forget(string host) =>
        _hosts.TryGetValue(host, out var known) && known.Member is null && _hosts.Remove(host);

    /// <summary>The way to a host's VMs; null: none.</summary>
    public ICanTell? WayTo(string host) =>
        _hosts.TryGetValue(host, out var known) && IsPresent(known) ? known.Member!.Directory : null;

    /// <summary>What the clock of a host's node says now, or a little less; null: it has told nothing of it.</summary>
    public HostMoment? Now(string host) =>
        host == services.Host ? services.Epoch.Now
        : _hosts.TryGetValue(host, out var known) && known.Clock is { } clock
            ? clock.Then.After(services.Time.GetElapsedTime(clock.Heard))
            : null;

    /// <summary>The host told last that it is being emptied.</summary>
    public bool Drains(string host) => _hosts.TryGetValue(host, out var known) && known.Drains;

    /// <summary>VMs of a host that is away are shown as it told them last.</summary>
    public IEnumerable<VmStatus> Vms() => _hosts.SelectMany(host => IsPresent(host.Value)
        ? host.Value.List.Vms.Values
        : host.Value.List.Vms.Values.Select(vm => Away(vm, host.Value)));

    public VmStatus? Find(string host, string name) =>
        _hosts.TryGetValue(host, out var known) && known.List.Vms.TryGetValue(name, out var vm)
            ? IsPresent(known) ? vm : Away(vm, known)
            : null;

    public IEnumerable<HostStatus> All(HostFacts own) =>
        _hosts.Select(host => new HostStatus(
                host.Key,
                host.Value.State,
                host.Value.Facts,
                host.Value is { Facts: { } facts, HeardAt: { } heard } ? facts.At - heard : null,
                host.Value.HeardAt))
            .Append(new HostStatus(services.Host, services.IsClustered ? _own : HostState.Up, own, TimeSpan.Zero, own.At))
            .OrderBy(host => host.Host, StringComparer.Ordinal);

    /// <summary>What is said where something is asked of such a host's VM.</summary>
    public static (string Reason, string Remedy) WhyAway(string host) =>
        ($"the node of host {host} is not reachable", $"See qgactl host show {host}, and start qgad there");

    private static bool IsPresent(Known host) => host.State != HostState.Unreachable;

    private static VmStatus Away(VmStatus vm, Known host)
    {
        var (reason, remedy) = WhyAway(vm.Id.Host);
        return vm with
        {
            Agent = AgentState.Unreachable,
            AgentReason = reason,
            AgentRemedy = remedy,
            MonitorReason = reason,
            RunState = null,
            FrozenCertain = !vm.Frozen,
            AsOf = host.HeardAt,
        };
    }

    private Known Of(string host)
    {
        if (!_hosts.TryGetValue(host, out var known)) _hosts[host] = known = new Known();
        return known;
    }

    private void AskAll(Known host)
    {
        var now = services.Time.GetUtcNow();
        if (host.Member is not { } member || now - host.AskedAt < AskAgain) return;
        host.AskedAt = now;
        member.Directory.Tell(new TellVms(), self);
    }
}

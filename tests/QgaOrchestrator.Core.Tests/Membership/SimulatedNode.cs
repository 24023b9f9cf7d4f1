using QgaOrchestrator.Core.Membership;

namespace QgaOrchestrator.Core.Tests.Membership;

/// <summary>A host's node: the rules under test over a membership that behaves as Akka's does: what is silent for 6.5 s is
/// unreachable; 7 s and a little later the side without most of the seeds ends, and the other removes it.</summary>
internal sealed class SimulatedNode(FormationSimulation world, string host, string[] seeds)
{
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(6.5), Stable = TimeSpan.FromSeconds(7);

    private readonly Dictionary<string, TimeSpan> _heard = [];
    private Formation _rules = null!;
    private Dictionary<string, (string Incarnation, int Age)>? _view;
    private (IReadOnlyCollection<string> For, TimeSpan AskedAt, TimeSpan Counts)? _votes;
    private TimeSpan _nextRound, _startsAt, _pausedUntil = TimeSpan.FromHours(-1), _stableSince;
    private string _unreachable = "";
    private int _incarnations;
    private bool _lives, _isFresh = true;

    public string Host => host;

    public string Address { get; } = host + ":7071";

    public bool IsRunning => _lives && world.Now >= _pausedUntil;

    public TimeSpan AwakeSince => _pausedUntil;

    /// <summary>The cluster that it is a member of.</summary>
    public string? Cluster => _view is null ? null : _rules.Phase.ClusterId;

    public bool IsUp => IsRunning && _view?.ContainsKey(Address) == true && _view.Count == world.Nodes.Count;

    public string? Waits => _lives ? _rules.WaitsFor ?? $"is a member with {string.Join(", ", (_view ?? []).Keys)}" : "is down";

    private string Incarnation => $"{host}.{_incarnations}";

    public void Wake()
    {
        if (_pausedUntil > world.Now) _pausedUntil = world.Now;
        if (!_lives) _startsAt = world.Now;
    }

    public void Kill(string why, TimeSpan again)
    {
        if (_lives) world.Tell($"{host} {why}");
        (_lives, _view, _votes, _startsAt) = (false, null, null, world.Now + again);
    }

    public void Leave(TimeSpan again)
    {
        if (!IsRunning) return;
        foreach (var other in InView().Where(other => world.Reaches(this, other))) other._view?.Remove(Address);
        Kill("leaves", again);
    }

    public void Pause(TimeSpan time)
    {
        if (!IsRunning) return;
        world.Tell($"{host} is paused for {time.TotalSeconds} s");
        _pausedUntil = world.Now + time;
    }

    public void Turn()
    {
        if (!_lives && world.Now >= _startsAt) Start();
        if (!IsRunning) return;
        Watch();
        if (_votes is { } votes && world.Now >= votes.Counts)
        {
            _votes = null;
            Perform(new FormationInput.Votes(votes.For, votes.AskedAt));
        }
        if (!_lives || world.Now < _nextRound) return;
        _nextRound = world.Now + TimeSpan.FromMilliseconds(400 + world.Chance(300));
        Perform(new FormationInput.Round(Answers(), _view is not null, Members()));
    }

    private void Start()
    {
        _incarnations++;
        (_lives, _view, _nextRound) = (true, null, world.Now);
        _heard.Clear();
        world.Tell($"{Incarnation} starts");
        _rules = new(
            new(host, Address, "1", FormationRules.ClusterVersion, Incarnation, seeds, [], null)
            {
                IsFresh = _isFresh,
            },
            world.Bug == FormationBug.NoPatience ? TimeSpan.FromHours(-1) : world.Now);
    }

    private Dictionary<string, PeerState> Answers()
    {
        var answers = new Dictionary<string, PeerState>();
        foreach (var peer in _rules.ToAsk.Select(world.At).Where(peer => world.Reaches(this, peer) && world.Chance(50) > 0))
            answers[peer.Address] = world.Bug == FormationBug.KnownClusterOverlooked && world.Chance(2) == 0
                ? peer._rules.Told([], world.Now) with { ClusterId = null }
                : peer._rules.Told(peer.Members(), world.Now);
        return answers;
    }

    private List<PeerMember> Members() =>
    [
        .. (_view ?? []).Select(member => new PeerMember(
            member.Key.Split(':')[0], member.Key, true, IsReachable(member.Key), member.Value.Age)),
    ];

    private void Perform(FormationInput input)
    {
        var (state, effect) = FormationRules.Step(_rules, input, world.Now);
        if (effect is FormationEffect.End { ExitCode: 1 } && world.Bug == FormationBug.LonelyMemberStays) return;
        _rules = state;
        if (effect is FormationEffect.Found or FormationEffect.Join) _isFresh = world.Bug == FormationBug.FreshForEver;
        switch (effect)
        {
            case FormationEffect.End end:
                Kill($"ends with {end.ExitCode}: {end.Why}", TimeSpan.FromSeconds(1 + world.Chance(3)));
                break;
            case FormationEffect.Found:
                world.Tell($"{Incarnation} founds a cluster");
                world.CountFounded();
                _view = new() { [Address] = (Incarnation, 1) };
                break;
            case FormationEffect.AskVotes ask:
                _votes = (ask.Of.Where(GivesVote).ToList(), world.Now, world.Now + TimeSpan.FromMilliseconds(world.Chance(1300)));
                break;
            case FormationEffect.Join join:
                var members = join.Members.Select(world.At);
                if (members.FirstOrDefault(at => world.Reaches(this, at) && at._view is not null) is { } seed)
                    Join(seed);
                break;
        }
    }

    private bool GivesVote(string address)
    {
        var voter = world.At(address);
        if (!world.Reaches(this, voter)) return false;
        (voter._rules, var refusal) = FormationRules.Vote(voter._rules, Address, Incarnation, world.Now);
        return refusal is null || world.Bug == FormationBug.VotesNotAsked;
    }

    private void Join(SimulatedNode seed)
    {
        world.Tell($"{Incarnation} joins by {seed.Host}");
        var all = seed.InView().Append(seed)
            .Where(member => member._view is not null && world.Reaches(seed, member)).ToList();
        var age = seed._view!.Values.Max(member => member.Age) + 1;
        foreach (var member in all) member._view![Address] = (Incarnation, age);
        _view = new(seed._view!);
    }

    private List<SimulatedNode> InView() =>
        [.. (_view ?? []).Keys.Where(address => address != Address).Select(world.At)];

    private bool IsReachable(string address) =>
        address == Address || world.Now - _heard.GetValueOrDefault(address, world.Now) < Silent;

    /// <summary>Akka's failure detector and its split-brain resolver.</summary>
    private void Watch()
    {
        if (_view is null) return;
        foreach (var (address, member) in _view.Where(member => member.Key != Address).ToList())
        {
            var peer = world.At(address);
            var hears = world.Reaches(this, peer) && peer.Incarnation == member.Incarnation && peer._view is not null;
            if (hears && peer.Cluster == Cluster && !peer._view!.ContainsKey(Address))
            {
                Kill("was removed by the others", TimeSpan.FromSeconds(1));
                return;
            }
            if (hears || !_heard.ContainsKey(address)) _heard[address] = world.Now;
        }
        var lost = _view.Keys.Where(address => !IsReachable(address)).ToList();
        var now = string.Join(' ', lost.Order(StringComparer.Ordinal));
        if (now != _unreachable) (_unreachable, _stableSince) = (now, world.Now);
        if (lost.Count == 0 || world.Now - _stableSince < Stable + TimeSpan.FromMilliseconds(world.Chance(1800))) return;
        var voting = _view.Keys.Where(seeds.Contains).ToList();
        var here = voting.Count(address => !lost.Contains(address));
        if (2 * here > voting.Count || 2 * here == voting.Count && !lost.Contains(voting.Min(StringComparer.Ordinal)!))
            foreach (var member in InView().Where(member => world.Reaches(this, member)).Append(this).ToList())
                foreach (var address in lost.Where(address => address != member.Address)) member._view?.Remove(address);
        else
            Kill("is downed", TimeSpan.FromSeconds(1));
    }
}

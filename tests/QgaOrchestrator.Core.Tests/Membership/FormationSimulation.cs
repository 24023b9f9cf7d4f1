using System.Globalization;

namespace QgaOrchestrator.Core.Tests.Membership;

/// <summary>What is wrong on purpose, to see that the simulation finds it.</summary>
internal enum FormationBug
{
    None,
    VotesNotAsked,
    LonelyMemberStays,
    NoPatience,
    KnownClusterOverlooked,
    FreshForEver,
}

/// <summary>
/// Nodes of one cluster in virtual time, which play the production rules: processes start, are killed, stopped and paused,
/// links are cut and healed, in any order. At no instant are members of two clusters alive; at the end, with everything in
/// contact, all are members of one.
/// </summary>
internal sealed class FormationSimulation
{
    private const int Tick = 100;

    /// <summary>A process that was paused is given this time to see what it has missed.</summary>
    private static readonly TimeSpan Awake = TimeSpan.FromSeconds(3);

    private readonly Random _random;
    private readonly FormationBug _bug;
    private readonly List<SimulatedNode> _nodes = [];
    private readonly HashSet<(SimulatedNode, SimulatedNode)> _cut = [];
    private readonly List<string> _story = [];
    private TimeSpan _now;

    public FormationSimulation(int seed, FormationBug bug = FormationBug.None)
    {
        (_random, _bug) = (new Random(seed), bug);
        var seeds = _random.Next(3) == 0 ? 5 : 3;
        string[] list = [.. Enumerable.Range(1, seeds).Select(n => $"hv{n}:7071")];
        for (var n = 1; n <= seeds + _random.Next(3); n++) _nodes.Add(new(this, $"hv{n}", list));
    }

    public string Story => string.Join('\n', _story);

    public int Founded { get; private set; }

    /// <summary>Null: nothing is broken. Else what is.</summary>
    public string? Play()
    {
        var faults = 4 + _random.Next(12);
        for (var next = TimeSpan.Zero; faults >= 0; _now += TimeSpan.FromMilliseconds(Tick))
        {
            if (_now >= next)
            {
                Disturb();
                faults--;
                next = _now + TimeSpan.FromSeconds(_random.Next(3) == 0 ? _random.Next(3) : _random.Next(45));
            }
            Turn();
            if (Broken() is { } broken) return broken;
        }
        _cut.Clear();
        foreach (var node in _nodes) node.Wake();
        Tell("everything is in contact");
        for (var end = _now + TimeSpan.FromSeconds(120); _now < end; _now += TimeSpan.FromMilliseconds(Tick))
        {
            Turn();
            if (Broken() is { } broken) return broken;
            if (_nodes.All(node => node.IsUp) && _nodes.Select(node => node.Cluster).Distinct().Count() == 1) return null;
        }
        return "after 120 s in contact not all are members of one cluster: "
            + string.Join("; ", _nodes.Select(node => $"{node.Host} {node.Waits}"));
    }

    internal TimeSpan Now => _now;

    internal FormationBug Bug => _bug;

    internal IReadOnlyList<SimulatedNode> Nodes => _nodes;

    internal int Chance(int most) => _random.Next(most);

    internal SimulatedNode At(string address) => _nodes.Single(node => node.Address == address);

    internal bool Reaches(SimulatedNode one, SimulatedNode other) =>
        one.IsRunning && other.IsRunning && !_cut.Contains(Pair(one, other));

    internal void Tell(string what) => _story.Add(string.Create(CultureInfo.InvariantCulture, $"{_now.TotalSeconds:0.0} {what}"));

    internal void CountFounded() => Founded++;

    private static (SimulatedNode, SimulatedNode) Pair(SimulatedNode one, SimulatedNode other) =>
        string.CompareOrdinal(one.Host, other.Host) < 0 ? (one, other) : (other, one);

    private void Turn()
    {
        foreach (var node in _nodes.OrderBy(_ => _random.Next()).ToList()) node.Turn();
    }

    private string? Broken()
    {
        var living = _nodes
            .Where(node => node is { IsRunning: true, Cluster: not null } && _now - node.AwakeSince > Awake).ToList();
        return living.Select(node => node.Cluster).Distinct().Count() > 1
            ? "two clusters: " + string.Join(", ", living.Select(node => $"{node.Host} in {node.Cluster}"))
            : null;
    }

    private void Disturb()
    {
        var node = _nodes[_random.Next(_nodes.Count)];
        switch (_random.Next(7))
        {
            case 0:
                node.Kill("is killed", TimeSpan.FromSeconds(_random.Next(2) == 0 ? 1 : _random.Next(60)));
                break;
            case 1:
                node.Leave(TimeSpan.FromSeconds(_random.Next(40)));
                break;
            case 2:
                node.Pause(TimeSpan.FromSeconds(1 + _random.Next(40)));
                break;
            case 3:
                Split();
                break;
            case 4:
                _cut.Clear();
                Tell("the network is whole");
                break;
            case 5:
                foreach (var each in _nodes) each.Kill("is killed with all", TimeSpan.FromSeconds(_random.Next(4)));
                break;
            default:
                var other = _nodes[_random.Next(_nodes.Count)];
                if (other == node) break;
                _cut.Add(Pair(node, other));
                Tell($"{node.Host} | {other.Host}");
                break;
        }
    }

    private void Split()
    {
        _cut.Clear();
        var sides = _nodes.ToDictionary(node => node, _ => _random.Next(3));
        foreach (var one in _nodes)
            foreach (var other in _nodes.Where(other => sides[other] != sides[one]))
                _cut.Add(Pair(one, other));
        Tell("the network is split: " + string.Join(", ", sides.Select(side => $"{side.Key.Host} {side.Value}")));
    }
}

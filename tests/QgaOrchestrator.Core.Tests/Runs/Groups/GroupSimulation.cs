using System.Globalization;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Tests.Vms;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Runs.Groups;

/// <summary>
/// One consistency group in virtual time: the production rules of group, backup and window, and around them a world that loses,
/// delays, doubles and reorders their messages, ends the coordinator at any moment, and has guests that freeze slowly, refuse,
/// or are cut slowly. One seed is one story, the same each time. The interpreters hold no rule.
/// </summary>
internal sealed class GroupSimulation
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(4);
    private readonly PriorityQueue<(string Who, Action Do), (double, int)> _due = new();
    private readonly List<string> _story = [];
    private readonly Random _random;
    private readonly SimulatedMember[] _members;
    private GroupState? _group;
    private int _life;
    private int _order;

    public GroupSimulation(int seed)
    {
        _random = new Random(seed);
        _members = [.. Enumerable.Range(0, _random.Next(2, 5)).Select(i => new SimulatedMember(this, _random, i))];
    }

    /// <summary>For a planted bug: what the group's rules say, changed.</summary>
    public Func<IReadOnlyList<GroupEffect>, IReadOnlyList<GroupEffect>> GroupBug { get; init; } = effects => effects;

    /// <summary>For a planted bug: what a window's rules ask for, changed.</summary>
    public Func<IReadOnlyList<WindowEffect>, IReadOnlyList<WindowEffect>> WindowBug { get; init; } = effects => effects;

    /// <summary>For a planted bug: what a member tells, changed.</summary>
    public Func<MemberReport, MemberReport> ReportBug { get; init; } = report => report;

    /// <summary>For a planted bug: each coordinator takes itself for the first.</summary>
    public bool ForgetsItsPredecessor { get; init; }

    public double Ms { get; private set; }

    public bool IsEnded => _group is { IsEnded: true };

    public string Story => string.Join('\n', _story);

    /// <summary>Plays to the end.</summary>
    /// <returns>The invariant that was broken, or null.</returns>
    public string? Play()
    {
        for (var crashes = _random.Next(3); crashes > 0; crashes--) At(_random.Next(1, 4000), "world", Coordinate);
        Coordinate();
        while (_due.TryDequeue(out var next, out var when))
        {
            Ms = when.Item1;
            if (Ms > 600_000) return "the group did not end";
            next.Do();
            if (Broken() is { } broken) return broken;
        }
        if (_group is not { IsEnded: true }) return "the group did not end";
        return _members.FirstOrDefault(m => m is { HasBegun: true, Outcome: null }) is { } forgotten
            ? $"vm{forgotten.Index} had begun and was not undone"
            : null;
    }

    private string? Broken()
    {
        foreach (var member in _members)
        {
            if (member.FrozenSince is { } since && Ms - since > (Lease + TimeSpan.FromSeconds(2)).TotalMilliseconds)
                return $"vm{member.Index} is frozen past its lease";
            if (member.Freezes > 1) return $"vm{member.Index} was frozen twice in one attempt";
            if (member is { HasVerdict: true } && _members.Any(other => other.Cuts != 1 || !other.CutWhileFrozen))
                return "the group went on though not every member was cut while it was frozen";
        }
        if (_members.Any(m => m.FreezeRefused) && _members.Any(m => m.Cuts > 0))
            return "a member was cut though another's freeze was refused";
        if (_members.Any(m => m.HasVerdict) && _members.Max(m => m.FrozenAt) > _members.Min(m => m.CutAt))
            return "a member was cut before all were frozen";
        var outcomes = _members.Select(m => m.Outcome).ToList();
        if (
            outcomes.TrueForAll(o => o is not null)
            && outcomes.Select(o => o!.State == ItemState.Succeeded).Distinct().Count() > 1
        )
            return "some of the group succeeded and some did not";
        return _members.FirstOrDefault(m => m.Outcome is { State: not ItemState.Succeeded } && m.Published) is { } left
            ? $"vm{left.Index} failed and its point is there"
            : null;
    }

    // ---- the coordinator: begins, and begins anew with nothing but the members' answers

    private void Coordinate()
    {
        if (_group is { IsEnded: true }) return;
        _life++;
        Tell("coordinator begins");
        _group = new GroupState(
            "g", TimeSpan.FromSeconds(5), [.. _members.Select(m => new GroupMember(m.Index, $"vm{m.Index}", 1))])
        {
            Resumed = _life > 1 && !ForgetsItsPredecessor,
        };
        Step(new GroupInput.Begin());
        Remind(_life);
    }

    private void Remind(int life) => At(3_000, "coordinator", () =>
    {
        if (life != _life || _group!.IsEnded) return;
        foreach (var member in _group.Members.Take(_group.Begun).Where(m => m.Outcome is null))
            Send(() => _members[member.Item].Begin());
        Remind(life);
    });

    /// <summary>From a member: a message to this coordinator, lost where a new one begins meanwhile.</summary>
    public void ToGroup(GroupInput input)
    {
        var life = _life;
        Send(() =>
        {
            if (life == _life) Step(input);
        });
    }

    private void Step(GroupInput input)
    {
        (_group, var effects) = GroupRules.Step(_group!, input, Clock.At(Ms));
        foreach (var effect in GroupBug(effects))
        {
            if (effect is GroupEffect.Start s) Send(() => _members[s.Item].Begin());
            else if (effect is GroupEffect.Tell e) Send(() => _members[e.Item].Obey(e.Order), $"to vm{e.Item}: {e.Order.Step}");
            else if (effect is GroupEffect.ArmSpread a)
                ArmSpread(a.After, _life);
        }
    }

    private void ArmSpread(TimeSpan after, int life) => At(after.TotalMilliseconds, "coordinator", () =>
    {
        if (life == _life) Step(new GroupInput.SpreadPassed());
    });

    /// <summary>A message: lost, late, doubled.</summary>
    private void Send(Action arrive, string? what = null)
    {
        for (var copies = _random.Next(10) switch { 0 => 0, 1 => 2, _ => 1 }; copies > 0; copies--)
            At(_random.Next(_random.Next(20) == 0 ? 3_000 : 40), what ?? "message", arrive);
    }

    public void At(double after, string who, Action act) => _due.Enqueue((who, () =>
    {
        if (who.StartsWith("to ", StringComparison.Ordinal)) Tell(who);
        act();
    }
    ), (Ms + after, _order++));

    public void Tell(string what) => _story.Add(string.Create(CultureInfo.InvariantCulture, $"{Ms,8:0} {what}"));
}

using System.Globalization;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Tests.Vms;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Runs.Groups;

/// <summary>
/// One consistency group in virtual time: the production rules of group and window, and around them a world that loses,
/// delays, doubles and reorders their messages, ends the coordinator at any moment, and has guests that freeze slowly, refuse,
/// or are cut slowly. One seed is one story, the same each time. The interpreters hold no rule.
/// </summary>
internal sealed class GroupSimulation
{
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);
    private readonly PriorityQueue<(string Who, Action Do), (double, int)> _due = new();
    private readonly List<string> _story = [];
    private readonly Random _random;
    private readonly Member[] _members;
    private GroupState? _group;
    private int _life;
    private int _order;

    public GroupSimulation(int seed)
    {
        _random = new Random(seed);
        _members = [.. Enumerable.Range(0, _random.Next(2, 5)).Select(i => new Member(this, i))];
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

    private void Step(GroupInput input)
    {
        (_group, var effects) = GroupRules.Step(_group!, input, Clock.At(Ms));
        foreach (var effect in GroupBug(effects))
        {
            if (effect is GroupEffect.Start s) Send(() => _members[s.Item].Begin());
            else if (effect is GroupEffect.Tell e) Send(() => _members[e.Item].Obey(e.Order), $"to vm{e.Item}: {e.Order.Step}");
            else if (effect is GroupEffect.ArmSpread a)
                At(a.After.TotalMilliseconds, "coordinator", ForLife(() => Step(new GroupInput.SpreadPassed())));
        }
    }

    private Action ForLife(Action act)
    {
        var life = _life;
        return () =>
        {
            if (life == _life) act();
        };
    }

    /// <summary>A message: lost, late, doubled.</summary>
    private void Send(Action arrive, string? what = null)
    {
        for (var copies = _random.Next(10) switch { 0 => 0, 1 => 2, _ => 1 }; copies > 0; copies--)
            At(_random.Next(_random.Next(20) == 0 ? 3_000 : 40), what ?? "message", arrive);
    }

    private void At(double after, string who, Action act) => _due.Enqueue((who, () =>
    {
        if (who.StartsWith("to ", StringComparison.Ordinal)) Tell(who);
        act();
    }
    ), (Ms + after, _order++));

    private void Tell(string what) => _story.Add(string.Create(CultureInfo.InvariantCulture, $"{Ms,8:0} {what}"));

    /// <summary>A member with its window and its guest.</summary>
    private sealed class Member(GroupSimulation world, int index)
    {
        private readonly int _freezeMs = world._random.Next(12) == 0
            ? world._random.Next(1_000, 9_000)
            : world._random.Next(1, 300);
        private readonly int _cutMs = world._random.Next(12) == 0 ? world._random.Next(1_000, 9_000) : world._random.Next(1, 100);
        private readonly bool _refuses = world._random.Next(15) == 0;
        private readonly bool _copyFails = world._random.Next(15) == 0;
        private readonly bool _covered = world._random.Next(4) > 0;
        private MemberReport? _last;
        private WindowState? _window;
        private ItemOutcome? _halted;
        private double _frozenBy;
        private int _armed;
        private bool _copying;
        private bool _undoing;

        public int Index => index;
        public int Freezes { get; private set; }
        public int Cuts { get; private set; }
        public bool CutWhileFrozen { get; private set; }
        public double? FrozenSince { get; private set; }
        public double? FrozenAt { get; private set; }
        public double? CutAt { get; private set; }
        public bool HasVerdict { get; private set; }
        public bool Published { get; private set; }
        public ItemOutcome? Outcome { get; private set; }
        public bool HasBegun => _last is not null;

        public void Begin()
        {
            if (Outcome is not null) TellEnd();
            else if (_last is { } last) Report(last);
            else
            {
                Report(new MemberReport(MemberPhase.Begun));
                world.At(world._random.Next(1, 500), "prepared", () =>
                {
                    if (_halted is null) Report(new MemberReport(MemberPhase.Prepared, Slow: _freezeMs > 200, Covered: _covered));
                });
                Repeat();
            }
        }

        public void Obey(GroupOrder order)
        {
            if (Outcome is not null) return;
            switch (order.Step)
            {
                case GroupStep.Void:
                    _halted ??= order.Voided;
                    if (_window is null or WindowState.Closed) Undo(_halted!);
                    else Step(new WindowInput.ThawNow("void"));
                    break;
                case GroupStep.Reserve when _window is null && _halted is null:
                    (_window, var first) = WindowRules.Open(new WindowOrder("w", Timeout, Lease, WindowMode.Group));
                    Perform(first);
                    break;
                case GroupStep.Freeze:
                    Step(new WindowInput.FreezeNow());
                    break;
                case GroupStep.Cut:
                    Step(new WindowInput.CutNow(order.Hold));
                    break;
                case GroupStep.Thaw:
                    Step(new WindowInput.AllCut());
                    break;
                case GroupStep.GoOn when _halted is null && !_copying && _last!.Phase == MemberPhase.Closed:
                    _copying = HasVerdict = true;
                    Report(new MemberReport(MemberPhase.Copying, Verdict: order.Verdict));
                    world.At(world._random.Next(10, 3_000), "copied", () =>
                    {
                        if (_halted is not null) return;
                        if (_copyFails) Fail("copy failed");
                        else Report(new MemberReport(MemberPhase.Verified, Verdict: order.Verdict));
                    });
                    break;
                case GroupStep.Publish when _halted is null && _last!.Phase == MemberPhase.Verified:
                    Published = true;
                    Report(_last with { Phase = MemberPhase.Published });
                    break;
                case GroupStep.End when _halted is null && _last!.Phase == MemberPhase.Published:
                    End(new ItemOutcome(index, 1, ItemState.Succeeded));
                    break;
            }
        }

        private void Repeat() => world.At(1_000, "repeat", () =>
        {
            if (Outcome is null) Report(_last!);
            else TellEnd();
            if (world._group is { IsEnded: false }) Repeat();
        });

        private void Report(MemberReport report)
        {
            _last = report;
            var said = world.ReportBug(report);
            world.Send(world.ForLife(() => world.Step(new GroupInput.Reported(index, said))));
        }

        private void Fail(string reason)
        {
            _halted ??= new ItemOutcome(index, 1, ItemState.Failed, reason);
            Report(_last! with { Failing = _halted });
            Undo(_halted);
        }

        private void Undo(ItemOutcome outcome)
        {
            if (_undoing) return;
            _undoing = true;
            Published = false;
            world.At(world._random.Next(1, 200), "undone", () => End(outcome));
        }

        private void End(ItemOutcome outcome)
        {
            world.Tell($"vm{index} ends {outcome.State} {outcome.Reason}");
            Outcome ??= outcome;
            TellEnd();
        }

        private void TellEnd() => world.Send(world.ForLife(() => world.Step(new GroupInput.MemberEnded(Outcome!))));

        private void Step(WindowInput input)
        {
            if (_window is null) return;
            (_window, var effects) = WindowRules.Step(_window, input, Clock.At(world.Ms));
            Perform(world.WindowBug(effects));
        }

        private void Perform(IReadOnlyList<WindowEffect> effects)
        {
            foreach (var effect in effects) Perform(effect);
        }

        private void Perform(WindowEffect effect)
        {
            switch (effect)
            {
                case WindowEffect.OpenLedger:
                    world.At(1, "ledger", () => Step(new WindowInput.LedgerWritten()));
                    break;
                case WindowEffect.Look:
                    world.At(1, "look", () => Step(new WindowInput.LooksThawed()));
                    break;
                case WindowEffect.Freeze:
                    Freezes++;
                    _frozenBy = world.Ms + _freezeMs;
                    world.At(_freezeMs, "frozen", Freeze);
                    break;
                case WindowEffect.Resync e:
                    var inTime = _frozenBy - world.Ms < e.Budget.TotalMilliseconds;
                    world.At(inTime ? Math.Max(1, _frozenBy - world.Ms + 1) : e.Budget.TotalMilliseconds, "resync", () =>
                        Step(new WindowInput.Resynced(inTime, null))
                    );
                    break;
                case WindowEffect.Cut:
                    world.At(_cutMs / 2.0, "cut", () =>
                    {
                        (Cuts, CutWhileFrozen, CutAt) = (Cuts + 1, FrozenSince is not null, world.Ms);
                        world.Tell($"vm{index} is cut");
                    });
                    world.At(_cutMs, "cut", () => Step(new WindowInput.CutDone()));
                    break;
                case WindowEffect.Thaw:
                    world.At(Math.Max(1, _frozenBy - world.Ms + 1), "thawed", () =>
                    {
                        world.Tell($"vm{index} is thawed");
                        FrozenSince = null;
                        Step(new WindowInput.Settled(2, null, Clock.At(world.Ms)));
                    });
                    break;
                case WindowEffect.Arm e:
                    var armed = ++_armed;
                    if (e.Limit is { } limit)
                        world.At((e.At - Clock.At(world.Ms)).TotalMilliseconds, "limit", () =>
                        {
                            if (armed == _armed) Step(new WindowInput.LimitPassed(limit));
                        });
                    break;
                case WindowEffect.Report { Progress: WindowProgress.Freezing }:
                    break;
                case WindowEffect.Report e:
                    Report(
                        new MemberReport(
                            e.Progress switch
                            {
                                WindowProgress.Reserved => MemberPhase.Reserved,
                                WindowProgress.Frozen => MemberPhase.Frozen,
                                _ => MemberPhase.Cut,
                            }
                        )
                    );
                    break;
                case WindowEffect.Close:
                    if (_halted is not null) Undo(_halted);
                    else if (BackupKind.Judge(_window!.Record) is { } broken) Fail(broken.Reason);
                    else Report(new MemberReport(MemberPhase.Closed));
                    break;
            }
        }

        private void Freeze()
        {
            if (_refuses)
            {
                Step(new WindowInput.FreezeRefused("hook failed", NotExecuted: false));
                return;
            }
            world.Tell($"vm{index} is frozen");
            (FrozenSince, FrozenAt) = (world.Ms, world.Ms);
            if (_window is WindowState.Freezing) Step(new WindowInput.FreezeReturned(2));
        }
    }
}

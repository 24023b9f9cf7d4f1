using System.Globalization;
using QgaOrchestrator.Core.Runs.Kinds;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

/// <summary>
/// One guest and its windows in virtual time: the production rules of a window, and around them a node and a watchdog that are
/// killed or hang, an agent that ends or answers late, a link that is lost, a guest that is reset, that somebody else thaws, or whose
/// QEMU ends. One seed is one story, the same each time. The interpreters hold no rule.
/// </summary>
internal sealed class WindowSimulation
{
    private const int Attempts = 3;
    private static readonly WindowOrder Order = new("w", TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4), WindowMode.Alone);
    private readonly PriorityQueue<Action, (double, int)> _due = new();
    private readonly List<string> _story = [];
    private readonly Random _random;
    private int _order;

    // the guest: its file systems, and its agent, which is serial
    private readonly int _fileSystems;
    private readonly bool _halfFreezes;
    private int _frozen;
    private double _frozenSince;
    private bool _heldSinceFreeze;
    private bool _qemuUp = true;
    private bool _agentUp = true;
    private int _agent;
    private double _busyUntil;

    // the link to the agent: whoever speaks to it waits for one answer
    private int _link;
    private Action? _waiting;
    private long? _late;

    // the node, what it knows, and what outlives it
    private bool _nodeUp;
    private int _node;
    private int _attempt;
    private int _armed;
    private bool _countLost;
    private WindowState? _window;
    private WindowRecord? _ledger;

    private bool _watchdogUp = true;
    private int _watchdog;
    private bool _watchdogThaws;

    // what the world saw of the attempt, and until when whoever thaws is excused
    private int _freezes;
    private int _cuts;
    private int _cutsWhileFrozen;
    private double _excused;
    private string? _broken;
    private bool _ended;

    public WindowSimulation(int seed)
    {
        _random = new Random(seed);
        _fileSystems = _random.Next(15) == 0 ? 0 : _random.Next(1, 4);
        _halfFreezes = _random.Next(10) == 0;
    }

    /// <summary>For a planted bug: what the rules ask for after an input, changed.</summary>
    public Func<WindowInput, IReadOnlyList<WindowEffect>, IReadOnlyList<WindowEffect>> EffectBug { get; init; } = (_, effects) => effects;

    /// <summary>For a planted bug: what the rules are told, changed.</summary>
    public Func<WindowState, WindowInput, WindowInput> InputBug { get; init; } = (_, input) => input;

    /// <summary>For a planted bug: answers to an earlier window reach the one that is open.</summary>
    public bool TakesStaleAnswers { get; init; }

    /// <summary>For a planted bug: a node that begins does not look into its ledger.</summary>
    public bool ForgetsItsLedger { get; init; }

    public double Ms { get; private set; }

    public bool Published { get; private set; }

    public string Story => string.Join('\n', _story);

    /// <summary>Plays to the end.</summary>
    /// <returns>The invariant that was broken, or null.</returns>
    public string? Play()
    {
        for (var faults = _random.Next(4); faults > 0; faults--) At(_random.Next(1, 7_000), Fault);
        BeginNode();
        while (_broken is null && _due.TryDequeue(out var next, out var when))
        {
            Ms = when.Item1;
            if (Ms > 600_000) return "the item did not end";
            next();
            Watch();
        }
        return _broken ?? (_frozen > 0 ? "the guest is left frozen" : _ended || !_qemuUp ? null : "the item did not end");
    }

    private void Watch()
    {
        if (_frozen == 0 || !_agentUp || !(_nodeUp || _watchdogUp)) return;
        if (Ms > Math.Max(_frozenSince + Order.Lease.TotalMilliseconds, _excused) + 2_000) _broken ??= "the guest answers and is frozen past its lease";
    }

    private void Excuse(double ms) => _excused = Math.Max(_excused, Ms + ms);

    // ---- what goes wrong

    private void Fault()
    {
        switch (_random.Next(9))
        {
            case 0: EndNode("is killed", _random.Next(300)); break;
            case 1: EndNode("hangs", 2_000 + _random.Next(300)); break;
            case 2: EndWatchdog(); break;
            case 3: EndAgent("is killed"); break;
            case 4: LoseLink(); break;
            case 5: Reset(); break;
            case 6: Tell("somebody else thaws"); Thaw(); break;
            case 7: EndQemu(); break;
            case 8:
                EndWatchdog();
                EndNode("is killed", _random.Next(300));
                break;
        }
    }

    private void EndNode(string how, double untilSeen)
    {
        if (!_nodeUp) return;
        Tell($"the node {how}");
        (_nodeUp, _window, _waiting) = (false, null, null);
        _node++;
        Excuse(untilSeen + 1_000);
        var watchdog = _watchdog;
        At(untilSeen, () => WatchdogThaws(watchdog));
        At(untilSeen + _random.Next(50, 8_000), BeginNode);
    }

    private void EndWatchdog()
    {
        if (!_watchdogUp) return;
        Tell("the watchdog is killed");
        (_watchdogUp, _watchdogThaws) = (false, false);
        _watchdog++;
        At(_random.Next(200, 3_000), () =>
        {
            Tell("the watchdog begins");
            _watchdogUp = true;
            Excuse(12_500);
            if (!_nodeUp) WatchdogThaws(_watchdog);
        });
    }

    private void EndAgent(string how)
    {
        if (!_agentUp) return;
        Tell($"the agent {how}");
        _agentUp = false;
        _agent++;
        At(_random.Next(100, 5_000), () =>
        {
            if (!_qemuUp) return;
            Tell("the agent begins");
            (_agentUp, _busyUntil) = (true, Ms);
            Excuse(12_500); // whoever waits for the former agent's thaw and status waits for their limits
        });
    }

    private void LoseLink()
    {
        Tell("the link is lost");
        DropLink();
        Told(_attempt, new WindowInput.FreezeLost("the link was lost"));
    }

    private void Reset()
    {
        if (!_qemuUp) return;
        Tell("the guest is reset");
        Unfreeze();
        EndAgent("ends");
        Later(_random.Next(50), new WindowInput.ThawNow("the guest was reset"));
    }

    private void EndQemu()
    {
        Tell("QEMU ends");
        (_qemuUp, _agentUp) = (false, false);
        _agent++;
        Unfreeze();
        Later(_random.Next(300), new WindowInput.QemuGone());
    }

    // ---- the guest

    private long Freeze()
    {
        if (_halfFreezes && _fileSystems > 1) _frozen = _fileSystems - 1;
        else _frozen = _fileSystems;
        (_frozenSince, _heldSinceFreeze) = (Ms, true);
        Tell($"{_frozen} file systems are frozen");
        return _frozen == _fileSystems ? _frozen : -1;
    }

    private long Thaw()
    {
        Watch();
        var thawed = _frozen;
        Unfreeze();
        if (thawed > 0) Tell($"{thawed} file systems are thawed");
        return thawed;
    }

    private void Unfreeze() => (_frozen, _heldSinceFreeze) = (0, false);

    /// <summary>One command to the agent, executed in its turn. Its answer reaches only the link that it was sent on.</summary>
    private void Ask(Func<bool> alive, double takes, double limit, Func<long> execute, Action<long> answered, Action silent)
    {
        var (link, agent, open) = (_link, _agent, true);
        void Once(Action then)
        {
            if (!open || !alive()) return;
            open = false;
            then();
        }
        Action waiting = () => Once(silent);
        _waiting = waiting;
        At(limit, waiting);
        if (!_agentUp) return;
        var begins = Math.Max(Ms, _busyUntil);
        _busyUntil = begins + takes;
        At(begins - Ms, () =>
        {
            if (agent != _agent || link != _link) return; // QEMU drops what the agent has not taken
            At(takes, () =>
            {
                if (agent != _agent) return;
                var answer = execute();
                At(_random.Next(1, 5), () =>
                {
                    if (link == _link) Once(() => answered(answer));
                });
            });
        });
    }

    private void DropLink()
    {
        _link++;
        var waiting = _waiting;
        _waiting = null;
        waiting?.Invoke();
    }

    /// <summary>As Settlement does: sync on a new link, thaw, status.</summary>
    private void Settle(Func<bool> alive, bool newLink, Action<long?> settled, Action unsettled)
    {
        if (newLink)
        {
            _waiting = null;
            DropLink();
            Ask(alive, 1, 2_000, () => 0, _ => Settle(alive, newLink: false, settled, unsettled), unsettled);
            return;
        }
        var uncounted = _countLost;
        Ask(alive, Slow(1, 200, 1_500), 10_000, Thaw, thawed =>
        {
            _countLost = true;
            Ask(alive, 1, 2_000, () => _frozen, frozen =>
            {
                if (frozen == 0) settled(uncounted ? null : thawed);
                else unsettled();
            }, unsettled);
        }, () =>
        {
            _countLost = true;
            unsettled();
        });
    }

    // ---- the watchdog: thaws what the ledger names

    private void WatchdogThaws(int life)
    {
        if (life != _watchdog) return;
        _watchdogThaws = !_nodeUp && _ledger is not null && _qemuUp;
        if (!_watchdogThaws) return;
        Tell("the watchdog thaws");
        Settle(() => life == _watchdog, newLink: true, _ =>
        {
            Tell("the watchdog has thawed");
            (_ledger, _watchdogThaws) = (null, false);
        }, () => At(250, () => WatchdogThaws(life)));
    }

    // ---- the node: begins with its ledger, and performs what the rules ask for

    private void BeginNode()
    {
        if (_watchdogThaws)
        {
            At(100, BeginNode); // the VM's lock is the watchdog's
            return;
        }
        if (_nodeUp) return;
        Tell("the node begins");
        Excuse(2_500);
        (_nodeUp, _countLost) = (true, false);
        if (!_qemuUp) _ledger = null;
        else if (_ledger is { } record && !ForgetsItsLedger)
        {
            (_window, var effects) = WindowRules.Adopt(Order, record, Clock.At(Ms));
            Perform(effects);
        }
        else Begin();
    }

    private void Begin()
    {
        if (_attempt == Attempts || Published || !_qemuUp)
        {
            _ended = true;
            return;
        }
        _attempt++;
        (_freezes, _cuts, _cutsWhileFrozen, _countLost, _late) = (0, 0, 0, false, null);
        Tell($"attempt {_attempt} begins");
        (_window, var effects) = WindowRules.Open(Order);
        Perform(effects);
    }

    private void Told(int attempt, WindowInput input)
    {
        if (_window is null || (attempt != _attempt && !TakesStaleAnswers)) return;
        input = InputBug(_window, input);
        (_window, var effects) = WindowRules.Step(_window, input, Clock.At(Ms));
        Perform(EffectBug(input, effects));
    }

    private void Later(double after, WindowInput input)
    {
        var (node, attempt) = (_node, _attempt);
        At(after, () =>
        {
            if (node == _node) Told(attempt, input);
        });
    }

    private void Perform(IReadOnlyList<WindowEffect> effects)
    {
        foreach (var effect in effects) Perform(effect);
    }

    private void Perform(WindowEffect effect)
    {
        var (node, attempt) = (_node, _attempt);
        bool Alive() => node == _node;
        void Tell(WindowInput input) => Told(attempt, input);
        switch (effect)
        {
            case WindowEffect.OpenLedger:
                _ledger = new WindowRecord();
                Later(1, new WindowInput.LedgerWritten());
                break;
            case WindowEffect.MoveLedger:
                _ledger = _window is WindowState.Closed ? null : _window!.Record;
                break;
            case WindowEffect.Freeze: // as the actor: the last look first
                if (++_freezes > 1) _broken ??= "the guest was frozen twice in one attempt";
                var link = _link;
                WindowInput Unanswered() => link == _link ? new WindowInput.LimitPassed(WindowLimit.FreezeTimeout) : new WindowInput.FreezeLost("the reply was lost");
                void Send() => Ask(Alive, Slow(1, 300, 9_000), Order.FreezeTimeout.TotalMilliseconds, () => (_late = Freeze()).Value,
                    count => Tell(count < 0 ? new WindowInput.FreezeRefused("hook failed", NotExecuted: false) : new WindowInput.FreezeReturned(count)),
                    () => Tell(Unanswered()));
                Ask(Alive, 1, 2_000, () => _frozen, frozen =>
                {
                    if (frozen == 0) Send();
                    else Tell(new WindowInput.FreezeRefused("the guest is frozen by somebody else", NotExecuted: true));
                }, () => Tell(new WindowInput.FreezeRefused("the guest did not answer", NotExecuted: true)));
                break;
            case WindowEffect.Resync e:
                Ask(Alive, 1, e.Budget.TotalMilliseconds, () => 0,
                    _ => Tell(new WindowInput.Resynced(true, _late >= 0 ? _late : null)), () => Tell(new WindowInput.Resynced(false, null)));
                break;
            case WindowEffect.Cut:
                Cut();
                break;
            case WindowEffect.Thaw e:
                At(e.Round > 1 ? 250 : 0, () =>
                {
                    if (!Alive() || !_qemuUp) return;
                    Settle(Alive, e.Round > 0, thawed => Tell(new WindowInput.Settled(thawed, null, Clock.At(Ms))), () => Tell(new WindowInput.NotSettled("silent")));
                });
                break;
            case WindowEffect.Arm e:
                Arm(e);
                break;
            case WindowEffect.Close:
                Close();
                break;
        }
    }

    private void Cut()
    {
        var takes = Slow(1, 100, 9_000);
        var refused = _random.Next(15) == 0;
        var (attempt, cut) = (_attempt, takes / 2);
        At(cut, () =>
        {
            if (!_qemuUp || refused || attempt != _attempt) return;
            Tell("the disks are cut");
            if (++_cuts > 1) _broken ??= "the disks were cut twice in one attempt";
            if (_heldSinceFreeze && _frozen == _fileSystems && _frozen > 0) _cutsWhileFrozen++;
        });
        Later(takes, refused ? new WindowInput.CutFailed("QEMU refused") : new WindowInput.CutDone());
    }

    private void Arm(WindowEffect.Arm arm)
    {
        var (node, armed) = (_node, ++_armed);
        if (arm.Limit is not { } limit) return;
        var guard = limit == WindowLimit.FreezeTimeout || _window is WindowState.Overdue ? 1_000 : 0;
        At((arm.At - Clock.At(Ms)).TotalMilliseconds + guard, () =>
        {
            if (node != _node || armed != _armed) return;
            Told(_attempt, _window is WindowState.Freezing ? new WindowInput.FreezeLost("the freeze is overdue") : new WindowInput.LimitPassed(limit));
        });
    }

    private void Close()
    {
        var broken = Backup.Judge(_window!.Record);
        Tell($"attempt {_attempt} is closed: {broken?.Reason ?? "it holds"}");
        if (_frozen > 0) _broken ??= "the window is closed and its guest is frozen";
        if (broken is null && _cutsWhileFrozen != 1) _broken ??= "the point claims a cut of frozen file systems that the guest did not see";
        _ledger = null;
        _window = null;
        (Published, _ended) = (broken is null, broken is null);
        if (broken is null) return;
        var node = _node;
        At(_random.Next(1, 2_000), () =>
        {
            if (node == _node) Begin();
        });
    }

    // ---- virtual time

    /// <summary>Most often up to <paramref name="usually"/> milliseconds, one time in eight up to <paramref name="atMost"/>.</summary>
    private double Slow(int atLeast, int usually, int atMost) => _random.Next(atLeast, _random.Next(8) == 0 ? atMost : usually);

    private void At(double after, Action act) => _due.Enqueue(act, (Ms + Math.Max(0, after), _order++));

    private void Tell(string what) => _story.Add(string.Create(CultureInfo.InvariantCulture, $"{Ms,8:0} {what}"));
}

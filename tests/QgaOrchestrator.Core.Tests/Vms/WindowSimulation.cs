using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Tests.Simulation;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

/// <summary>
/// One guest and its windows in virtual time: the production rules of a window and of its host's guard, and around them a node
/// and a watchdog that are killed or hang, an agent that ends or answers late, a link that is lost, limits that never pass, a
/// guest that is reset, that somebody else thaws, or whose QEMU ends. Some windows are callers' own freezes, whose callers thaw,
/// or hang up. One seed is one story, the same each time. The interpreters hold no rule.
/// </summary>
internal sealed class WindowSimulation
{
    private const int Attempts = 3;
    private readonly WindowOrder _order;
    private readonly World _world;
    private readonly SimulatedGuest _guest;
    private readonly SimulatedWatchdog _watchdog;
    private readonly WindowWitness _witness;
    private long? _late;

    // the node, what it knows, and what outlives it
    private bool _nodeUp;
    private int _node;
    private int _attempt;
    private int _armed;
    private bool _countLost;
    private WindowState? _window;
    private WindowRecord? _ledger;
    private GuardState _guard = GuardState.Start;
    private bool _limitsLost, _callerLeft;
    private bool _ended;

    public WindowSimulation(int seed)
    {
        _world = new World(seed, Planted.Nothing);
        _order = new("w", TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4), _world.OneIn(3) ? WindowMode.Raw : WindowMode.Alone);
        _guest =
            new SimulatedGuest(_world, "the guest") { LinkLost = reason => Told(_attempt, new WindowInput.FreezeLost(reason)) };
        _watchdog = new SimulatedWatchdog(_world, _guest, () => _nodeUp, () => _ledger is not null, () => _ledger = null);
        _witness = new WindowWitness(_world, _guest);
    }

    /// <summary>For a planted bug: what the rules ask for after an input, changed.</summary>
    public Func<WindowInput, IReadOnlyList<WindowEffect>, IReadOnlyList<WindowEffect>> EffectBug { get; init; } = (_, effects) =>
        effects;

    /// <summary>For a planted bug: what the rules are told, changed.</summary>
    public Func<WindowState, WindowInput, WindowInput> InputBug { get; init; } = (_, input) => input;

    /// <summary>For a planted bug: answers to an earlier window reach the one that is open.</summary>
    public bool TakesStaleAnswers { get; init; }

    /// <summary>For a planted bug: the heart beats on, whatever deadline has passed.</summary>
    public bool OverlooksDeadlines { get; init; }

    /// <summary>For a planted bug: a deadline is taken for kept when the freeze is answered.</summary>
    public bool TakesTheReplyForAThaw { get; init; }

    /// <summary>For a planted bug: a node that begins does not look into its ledger.</summary>
    public bool ForgetsItsLedger { get; init; }

    public double Ms => _world.Ms;

    public bool Published { get; private set; }

    public string Story => _world.Story;

    /// <summary>Plays to the end.</summary>
    /// <returns>The invariant that was broken, or null.</returns>
    public string? Play()
    {
        for (var faults = _world.Next(0, 4); faults > 0; faults--) _world.At(_world.Next(1, 7_000), Fault);
        BeginNode();
        while (_world.Broken is null && _world.Play())
        {
            if (Ms > 600_000) return "the item did not end";
            _guest.Watch(_order.Lease, _nodeUp || _watchdog.IsUp);
            if (_nodeUp && _witness.SawAFreeze && _guest.Frozen > 0 && _window is { MayBeFrozen: false })
                _world.Break("the guest is frozen, and its window does not say that it may be");
        }
        return _world.Broken ?? (
            _guest.Frozen > 0 ? "the guest is left frozen" : _ended || !_guest.Up ? null : "the item did not end");
    }

    // ---- what goes wrong

    private void Fault()
    {
        switch (_world.Next(0, 10))
        {
            case 0: EndNode("is killed", _world.Next(0, 300)); break;
            case 1: EndNode("hangs", 2_000 + _world.Next(0, 300)); break;
            case 2: _watchdog.End(); break;
            case 3: _guest.EndAgent(); break;
            case 4: _guest.LoseLink(); break;
            case 5: Reset(); break;
            case 6: _world.Tell("somebody else thaws"); _guest.Thaw(); break;
            case 7: EndQemu(); break;
            case 8:
                _watchdog.End();
                EndNode("is killed", _world.Next(0, 300));
                break;
            case 9 when _nodeUp && _window is not null:
                _world.Tell("a bug of ours: no limit passes any more");
                _limitsLost = true;
                _guest.Excuse(_order.ThawDue.TotalMilliseconds + 2_000 + 1_000);
                break;
        }
    }

    /// <summary>The watchdog's view of the node, when a deadline may have passed.</summary>
    private void LookAtTheHeart(int node)
    {
        if (node != _node || !_nodeUp || OverlooksDeadlines || GuardRules.Silence(_guard, Clock.At(Ms)) is not { } silence)
            return;
        if (_watchdog.IsUp && _ledger is not null) EndNode($"has not beaten: {silence}", 0);
        else _world.At(500, () => LookAtTheHeart(node));
    }

    private void Guard(GuardInput input) => (_guard, _) = GuardRules.Step(_guard, input, Clock.At(Ms));

    private void EndNode(string how, double untilSeen)
    {
        if (!_nodeUp) return;
        _world.Tell($"the node {how}");
        (_nodeUp, _window, _limitsLost, _guard) = (false, null, false, GuardState.Start);
        _node++;
        _guest.Excuse(untilSeen + 1_000);
        _watchdog.SeeTheNodeEnd(untilSeen);
        _world.At(untilSeen + _world.Next(50, 8_000), BeginNode);
    }

    private void Reset()
    {
        if (!_guest.Up) return;
        _guest.Reset();
        Later(_world.Next(0, 50), new WindowInput.ThawNow("the guest was reset"));
    }

    private void EndQemu()
    {
        if (!_guest.Up) return;
        _guest.EndQemu();
        Later(_world.Next(0, 300), new WindowInput.QemuGone());
    }

    // ---- the node: begins with its ledger, and performs what the rules ask for

    private void BeginNode()
    {
        if (_watchdog.Thaws)
        {
            _world.At(100, BeginNode); // the VM's lock is the watchdog's
            return;
        }
        if (_nodeUp) return;
        _world.Tell("the node begins");
        _guest.Excuse(2_500);
        (_nodeUp, _countLost) = (true, false);
        if (!_guest.Up) _ledger = null;
        else if (_ledger is { } record && !ForgetsItsLedger)
        {
            (_window, var effects) = WindowRules.Adopt(_order, record, Clock.At(Ms));
            Perform(effects);
        }
        else Begin();
    }

    private void Begin()
    {
        if (_attempt == Attempts || Published || !_guest.Up)
        {
            _ended = true;
            return;
        }
        _attempt++;
        _witness.Begin();
        (_countLost, _late, _callerLeft) = (false, null, false);
        _world.Tell($"attempt {_attempt} begins");
        (_window, var effects) = WindowRules.Open(_order);
        Perform(effects);
        if (_order.Mode != WindowMode.Raw) return;
        if (_world.OneIn(2)) Later(_world.Next(1, 3_000), new WindowInput.ThawNow("a caller thawed the guest"));
        if (_world.OneIn(3)) Later(_world.Next(0, 1_000), new WindowInput.CallerLeft());
    }

    private void Told(int attempt, WindowInput input)
    {
        if (_window is null || (attempt != _attempt && !TakesStaleAnswers)) return;
        if (input is WindowInput.CallerLeft && !_window.MayBeFrozen) _callerLeft = true;
        if (TakesTheReplyForAThaw && input is WindowInput.FreezeReturned) Guard(new GuardInput.ThawBegun(_order.Id));
        input = InputBug(_window, input);
        (_window, var effects) = WindowRules.Step(_window, input, Clock.At(Ms));
        Perform(EffectBug(input, effects));
    }

    private void Later(double after, WindowInput input)
    {
        var (node, attempt) = (_node, _attempt);
        _world.At(after, () =>
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
                Guard(new GuardInput.Opened(_order.Id, "vm"));
                Later(1, new WindowInput.LedgerWritten());
                break;
            case WindowEffect.MoveLedger:
                _ledger = _window is WindowState.Closed ? null : _window!.Record;
                break;
            case WindowEffect.Look:
                _guest.Ask(Alive, 1, 2_000, () => _guest.Frozen, frozen =>
                {
                    if (frozen == 0) Tell(new WindowInput.LooksThawed());
                    else Tell(new WindowInput.FreezeRefused("the guest is frozen by somebody else", NotExecuted: true));
                }, () => Tell(new WindowInput.FreezeRefused("the guest did not answer", NotExecuted: true)));
                break;
            case WindowEffect.Freeze:
                Guard(new GuardInput.FreezeSent(_order.Id, Clock.At(Ms) + _order.ThawDue));
                _world.At(_order.ThawDue.TotalMilliseconds + 2_000, () => LookAtTheHeart(node));
                _witness.Freeze(_callerLeft);
                var link = _guest.Link;
                WindowInput Unanswered() =>
                    link == _guest.Link
                        ? new WindowInput.LimitPassed(WindowLimit.FreezeTimeout)
                        : new WindowInput.FreezeLost("the reply was lost");
                _guest.Ask(
                    Alive,
                    _world.Slow(1, 300, 9_000),
                    _order.FreezeTimeout.TotalMilliseconds,
                    () => (_late = _guest.Freeze()).Value,
                    count =>
                        Tell(
                            count < 0
                                ? new WindowInput.FreezeRefused("hook failed", NotExecuted: false)
                                : new WindowInput.FreezeReturned(count)
                        ),
                    () => Tell(Unanswered())
                );
                break;
            case WindowEffect.Resync e:
                Guard(new GuardInput.ThawBegun(_order.Id));
                _guest.Ask(
                    Alive,
                    1,
                    e.Budget.TotalMilliseconds,
                    () => 0,
                    _ => Tell(new WindowInput.Resynced(true, _late >= 0 ? _late : null)),
                    () => Tell(new WindowInput.Resynced(false, null))
                );
                break;
            case WindowEffect.Cut:
                Cut();
                break;
            case WindowEffect.Thaw e:
                Guard(new GuardInput.ThawBegun(_order.Id));
                _world.At(e.Round > 1 ? 250 : 0, () =>
                {
                    if (!Alive() || !_guest.Up)
                        return;
                    _guest.Settle(
                        Alive,
                        e.Round > 0,
                        _countLost,
                        thawed => Tell(new WindowInput.Settled(thawed, null, Clock.At(Ms))),
                        lost =>
                    {
                        _countLost = lost;
                        Tell(new WindowInput.NotSettled("silent"));
                    });
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
        var takes = _world.Slow(1, 100, 9_000);
        var refused = _world.Next(0, 15) == 0;
        var (attempt, cut) = (_attempt, takes / 2);
        _world.At(cut, () =>
        {
            if (_guest.Up && !refused && attempt == _attempt) _witness.Cut();
        });
        Later(takes, refused ? new WindowInput.CutFailed("QEMU refused") : new WindowInput.CutDone());
    }

    private void Arm(WindowEffect.Arm arm)
    {
        var (node, armed) = (_node, ++_armed);
        if (arm.Limit is not { } limit) return;
        var guard = limit == WindowLimit.FreezeTimeout || _window is WindowState.Overdue ? 1_000 : 0;
        _world.At((arm.At - Clock.At(Ms)).TotalMilliseconds + guard, () =>
        {
            if (node != _node || armed != _armed || _limitsLost)
                return;
            Told(
                _attempt,
                _window is WindowState.Freezing
                    ? new WindowInput.FreezeLost("the freeze is overdue")
                    : new WindowInput.LimitPassed(limit)
            );
        });
    }

    private void Close()
    {
        Guard(new GuardInput.Settled(_order.Id));
        var broken = _order.Mode == WindowMode.Raw ? null : BackupKind.Judge(_window!.Record);
        _world.Tell($"attempt {_attempt} is closed: {broken?.Reason ?? "it holds"}");
        _witness.Close(claimsACut: broken is null && _order.Mode == WindowMode.Alone);
        _ledger = null;
        _window = null;
        (Published, _ended) = (broken is null, broken is null);
        if (broken is null) return;
        var node = _node;
        _world.At(_world.Next(1, 2_000), () =>
        {
            if (node == _node) Begin();
        });
    }
}

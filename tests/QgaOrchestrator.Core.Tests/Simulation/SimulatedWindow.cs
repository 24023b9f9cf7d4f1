using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>How a window ended for its item.</summary>
/// <param name="Record">What it saw; null: nobody can say when the guest will be thawed.</param>
internal sealed record SimulatedWindowEnd(WindowRecord? Record);

/// <summary>One guest's window: the production rules, performed on a simulated agent, ledger and host's timer.</summary>
internal sealed class SimulatedWindow
{
    private readonly World _world;
    private readonly SimulatedVm _vm;
    private readonly WindowOrder _order;
    private readonly Action<Action<WindowInput>>? _cut;
    private readonly Action<WindowProgress> _report;
    private readonly Action<SimulatedWindowEnd> _ended;
    private readonly bool _adopted;
    private WindowState _state;
    private bool _over;
    private bool _countLost;
    private long? _late;
    private int _armed;
    private double _limitAt;
    private bool _deaf;
    private bool _limitsLost;

    /// <param name="world">Time and chance.</param>
    /// <param name="vm">Whose guest it is.</param>
    /// <param name="order">What to do.</param>
    /// <param name="adopted">An earlier process left it open, and had seen this; null: it is to be opened.</param>
    /// <param name="cut">Sends the transaction, and tells what came of it.</param>
    /// <param name="report">Tells the item how far it is.</param>
    /// <param name="ended">Tells the item that it has ended, or that nobody knows when it will.</param>
    public SimulatedWindow(
        World world, SimulatedVm vm, WindowOrder order, WindowRecord? adopted, Action<Action<WindowInput>>? cut,
        Action<WindowProgress> report, Action<SimulatedWindowEnd> ended)
    {
        (_world, _vm, _order, _cut, _report, _ended, _adopted) = (world, vm, order, cut, report, ended, adopted is not null);
        (_state, var effects) = adopted is null
            ? (new WindowState.Opening(order), [])
            : WindowRules.Adopt(order, adopted, world.Moment);
        foreach (var effect in effects) Perform(effect);
    }

    public void Open()
    {
        (_state, var effects) = WindowRules.Open(_order);
        foreach (var effect in effects) Perform(effect);
    }

    public string Id => _order.Id;

    public void End() => _over = true;

    /// <summary>Its owner is told that nobody knows when the guest will be thawed.</summary>
    public void Fail() => _ended(new SimulatedWindowEnd(null));

    /// <summary>The host says that its limit has passed.</summary>
    public void Hear(WindowLimit limit)
    {
        if (_over || _deaf) return;
        _vm.Host.Guard(new GuardInput.Heard(Id));
        Tell(
            _state is WindowState.Freezing
                ? new WindowInput.FreezeLost("the freeze is overdue")
                : new WindowInput.LimitPassed(limit)
        );
    }

    /// <summary>A bug of ours: it hears nothing any more. Its limit passes unheard, and the node's heart stops.</summary>
    public void Deafen()
    {
        if (
            _over
            || _adopted
            || _state
                is not (
                    WindowState.Reserved
                    or WindowState.Freezing
                    or WindowState.Overdue
                    or WindowState.Frozen
                    or WindowState.Cutting
                    or WindowState.Held
                )
        )
            return;
        _world.Tell($"{_vm.Id.Name}: its window hears nothing any more");
        _deaf = true;
        _vm.Guest.Excuse(Math.Max(0, _limitAt - _world.Ms) + 4_000);
    }

    /// <summary>A bug of ours: no limit of it passes, and no cut is answered. Its deadline passes, and the node's heart
    /// stops.</summary>
    public void LoseLimits()
    {
        if (
            _over
            || _adopted
            || _state
                is not (
                    WindowState.Freezing
                    or WindowState.Overdue
                    or WindowState.Frozen
                    or WindowState.Cutting
                    or WindowState.Held
                )
        )
            return;
        _world.Tell($"{_vm.Id.Name}: the limits of its window are lost");
        _limitsLost = true;
        _vm.Guest.Excuse(_order.ThawDue.TotalMilliseconds + 3_000);
    }

    public void Tell(WindowInput input)
    {
        // A window of ours that is deaf ends with its QEMU: nothing of it is frozen, and nobody is called.
        if (
            _over
            || (_deaf && input is not WindowInput.QemuGone)
            || (_limitsLost && input is (WindowInput.CutDone or WindowInput.CutFailed))
        )
            return;
        if (
            _world.Bug == Planted.LateThawOverlooked
            && input is WindowInput.Settled settled
            && _state.Record.FrozenAt is { } frozen
        )
            input = settled with { At = frozen, Thawed = _state.Record.Frozen };
        if (
            _world.Bug == Planted.LateThawOverlooked
            && input is WindowInput.LimitPassed { Limit: WindowLimit.Lease }
            && _state is WindowState.Thawing
        )
            return;
        (_state, var effects) = WindowRules.Step(_state, input, _world.Moment);
        foreach (var effect in effects) Perform(effect);
    }

    private bool IsAlive() => !_over;

    private void Later(double after, WindowInput input) => _world.At(after, () => Tell(input));

    private void Perform(WindowEffect effect)
    {
        var guest = _vm.Guest;
        switch (effect)
        {
            case WindowEffect.OpenLedger:
                _world.At(1, OpenLedger);
                break;
            case WindowEffect.MoveLedger:
                MoveLedger();
                break;
            case WindowEffect.Look:
                guest.Ask(IsAlive, 1, 2_000, () => guest.Frozen, frozen =>
                {
                    if (frozen == 0) Tell(new WindowInput.LooksThawed());
                    else Tell(new WindowInput.FreezeRefused("the guest is frozen by somebody else", NotExecuted: true));
                }, () => Tell(new WindowInput.FreezeRefused("the guest did not answer", NotExecuted: true)));
                break;
            case WindowEffect.Freeze:
                _vm.Host.Guard(new GuardInput.FreezeSent(Id, _world.Moment + _order.ThawDue));
                Freeze();
                break;
            case WindowEffect.Resync e:
                _vm.Host.Guard(new GuardInput.ThawBegun(Id));
                guest.Ask(
                    IsAlive,
                    1,
                    e.Budget.TotalMilliseconds,
                    () => 0,
                    _ => Tell(new WindowInput.Resynced(true, _late >= 0 ? _late : null)),
                    () => Tell(new WindowInput.Resynced(false, null))
                );
                break;
            case WindowEffect.Cut:
                _cut!(Tell);
                break;
            case WindowEffect.Thaw e:
                _vm.Host.Guard(new GuardInput.ThawBegun(Id));
                _world.At(e.Round > 1 ? 250 : 0, () => Thaw(e.Round));
                break;
            case WindowEffect.Arm e:
                Arm(e);
                break;
            case WindowEffect.Report { Progress: WindowProgress.Freezing }:
                break;
            case WindowEffect.Report e:
                _report(e.Progress);
                break;
            case WindowEffect.GiveUpWaiting:
                _ended(new SimulatedWindowEnd(null));
                break;
            case WindowEffect.Close:
                _over = true;
                _world.Tell($"{_vm.Id.Name}: the window {_order.Id} is closed: {_state.Record.Broken ?? "it holds"}");
                if (guest.Frozen > 0 && (_adopted || _state.Record.FreezeSent is not null))
                    _world.Break($"the window of {_vm.Id.Name} is closed and its guest is frozen");
                _vm.CloseWindow(this);
                _ended(new SimulatedWindowEnd(_state.Record));
                break;
        }
    }

    private void OpenLedger()
    {
        if (_over) return;
        if (_world.OneIn(40))
        {
            Tell(new WindowInput.LedgerRefused("the ledger is full", "Make room"));
            return;
        }
        var answer = _vm.Host.MayOpen(Id, _vm.Entry is { } found ? new EntryOnDisk(found.Window, found.By is not null) : null);
        if (answer != OpenAnswer.Yes)
        {
            Tell(new WindowInput.LedgerRefused($"{answer}", "Try again"));
            return;
        }
        if (_vm.Entry is { By: null } open && open.Window != Id)
            _world.Break($"the open window {open.Window} of {_vm.Id.Name} is overwritten");
        _vm.Host.Guard(new GuardInput.Opened(Id, _vm.Id.Name));
        _vm.Entry = new SimulatedEntry(_order.Id, new WindowRecord(), null);
        Tell(new WindowInput.LedgerWritten());
    }

    private void MoveLedger()
    {
        if (_vm.Entry is not { } entry || entry.Window != _order.Id) return;
        _vm.Entry = entry with
        {
            By = _state is WindowState.Closed ? "node" : null,
            Record = _adopted
                ? entry.Record with
                {
                    Broken = _state.Record.Broken,
                    Thawed = _state.Record.Thawed,
                    ThawedAt = _state.Record.ThawedAt,
                }
                : _state.Record,
        };
    }

    private void Freeze()
    {
        var guest = _vm.Guest;
        _vm.FreezesOf[_order.Id] = _vm.FreezesOf.GetValueOrDefault(_order.Id) + 1;
        if (_vm.FreezesOf[_order.Id] > 1) _world.Break($"{_vm.Id.Name} was frozen twice in the attempt {_order.Id}");
        var link = guest.Link;
        WindowInput Unanswered() =>
            link == guest.Link
                ? new WindowInput.LimitPassed(WindowLimit.FreezeTimeout)
                : new WindowInput.FreezeLost("the reply was lost");
        guest.Ask(
            IsAlive,
            _world.Slow(1, 300, 9_000),
            _order.FreezeTimeout.TotalMilliseconds,
            () => (_late = guest.Freeze()).Value,
            count =>
                Tell(
                    count < 0
                        ? new WindowInput.FreezeRefused("hook failed", NotExecuted: false)
                        : new WindowInput.FreezeReturned(count)
                ),
            () => Tell(Unanswered())
        );
    }

    private void Thaw(int round)
    {
        if (_over || !_vm.Guest.Up) return;
        _vm.Guest.Settle(IsAlive, round > 0, _countLost,
            thawed => Tell(new WindowInput.Settled(thawed, null, _world.Moment)),
            countLost =>
            {
                _countLost = countLost;
                Tell(new WindowInput.NotSettled("silent"));
            });
    }

    private void Arm(WindowEffect.Arm arm)
    {
        var armed = ++_armed;
        _vm.Host.Guard(new GuardInput.Heard(Id));
        if (arm.Limit is not { } limit) return;
        var guard = limit == WindowLimit.FreezeTimeout || _state is WindowState.Overdue ? 1_000 : 0;
        var after = (arm.At - _world.Moment).TotalMilliseconds + guard;
        _limitAt = _world.Ms + after;
        _world.At(after, () =>
        {
            if (armed == _armed && !_over && !_limitsLost) _vm.Host.Guard(new GuardInput.LimitPassed(Id, limit));
        });
    }
}

using QgaOrchestrator.Core.Tests.Vms;
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
        (_state, var effects) = adopted is null ? (new WindowState.Opening(order), []) : WindowRules.Adopt(order, adopted, world.Moment);
        foreach (var effect in effects) Perform(effect);
    }

    public void Open()
    {
        (_state, var effects) = WindowRules.Open(_order);
        foreach (var effect in effects) Perform(effect);
    }

    public string Id => _order.Id;

    public void End() => _over = true;

    public void Tell(WindowInput input)
    {
        if (_over) return;
        if (_world.Bug == Planted.LateThawOverlooked && input is WindowInput.Settled settled && _state.Record.FrozenAt is { } frozen)
            input = settled with { At = frozen, Thawed = _state.Record.Frozen };
        if (_world.Bug == Planted.LateThawOverlooked && input is WindowInput.LimitPassed { Limit: WindowLimit.Lease } && _state is WindowState.Thawing) return;
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
            case WindowEffect.Freeze:
                Freeze();
                break;
            case WindowEffect.Resync e:
                guest.Ask(IsAlive, 1, e.Budget.TotalMilliseconds, () => 0, _ => Tell(new WindowInput.Resynced(true, _late >= 0 ? _late : null)), () => Tell(new WindowInput.Resynced(false, null)));
                break;
            case WindowEffect.Cut:
                _cut!(Tell);
                break;
            case WindowEffect.Thaw e:
                _world.At(e.Round > 1 ? 250 : 0, () => Thaw(e.Round));
                break;
            case WindowEffect.Arm e:
                Arm(e);
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
                if (guest.Frozen > 0 && (_adopted || _state.Record.FreezeSent is not null)) _world.Break($"the window of {_vm.Id.Name} is closed and its guest is frozen");
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
            Tell(new WindowInput.LedgerRefused("no watchdog is connected", "Start it"));
            return;
        }
        if (_vm.Entry is { By: null } open && open.Window != _order.Id)
        {
            Tell(new WindowInput.LedgerRefused($"the guest may still be frozen by the window {open.Window}", "It is thawed first"));
            return;
        }
        _vm.Entry = new SimulatedEntry(_order.Id, new WindowRecord(), null);
        Tell(new WindowInput.LedgerWritten());
    }

    private void MoveLedger()
    {
        if (_vm.Entry is not { } entry || entry.Window != _order.Id) return;
        _vm.Entry = entry with
        {
            By = _state is WindowState.Closed ? "node" : null,
            Record = _adopted ? entry.Record with { Broken = _state.Record.Broken, Thawed = _state.Record.Thawed, ThawedAt = _state.Record.ThawedAt } : _state.Record,
        };
    }

    /// <summary>As the actor: the last look first.</summary>
    private void Freeze()
    {
        var guest = _vm.Guest;
        _vm.FreezesOf[_order.Id] = _vm.FreezesOf.GetValueOrDefault(_order.Id) + 1;
        if (_vm.FreezesOf[_order.Id] > 1) _world.Break($"{_vm.Id.Name} was frozen twice in the attempt {_order.Id}");
        var link = guest.Link;
        WindowInput Unanswered() => link == guest.Link ? new WindowInput.LimitPassed(WindowLimit.FreezeTimeout) : new WindowInput.FreezeLost("the reply was lost");
        void Send() => guest.Ask(IsAlive, _world.Slow(1, 300, 9_000), _order.FreezeTimeout.TotalMilliseconds, () => (_late = guest.Freeze()).Value,
            count => Tell(count < 0 ? new WindowInput.FreezeRefused("hook failed", NotExecuted: false) : new WindowInput.FreezeReturned(count)),
            () => Tell(Unanswered()));
        guest.Ask(IsAlive, 1, 2_000, () => guest.Frozen, frozen =>
        {
            if (frozen == 0) Send();
            else Tell(new WindowInput.FreezeRefused("the guest is frozen by somebody else", NotExecuted: true));
        }, () => Tell(new WindowInput.FreezeRefused("the guest did not answer", NotExecuted: true)));
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
        if (arm.Limit is not { } limit) return;
        var guard = limit == WindowLimit.FreezeTimeout || _state is WindowState.Overdue ? 1_000 : 0;
        _world.At((arm.At - Clock.At(_world.Ms)).TotalMilliseconds + guard, () =>
        {
            if (armed == _armed) Tell(_state is WindowState.Freezing ? new WindowInput.FreezeLost("the freeze is overdue") : new WindowInput.LimitPassed(limit));
        });
    }
}

using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>An order of a run, as it crosses the network.</summary>
internal sealed record SimulatedOrder(ItemId Id, string Kind, RunOptions Options, string? Group, bool Resume)
{
    /// <summary>What all names of the attempt begin with.</summary>
    public string Names => $"{Id.Run}.{Id.Item}.{Id.Attempt}";
}

/// <summary>The ledger's file of one VM.</summary>
/// <param name="By">Who thawed; null while nobody has.</param>
internal sealed record SimulatedEntry(string Window, WindowRecord Record, string? By);

/// <summary>
/// One VM: its guest and its QEMU, what its host's disk keeps of it, and as long as the node lives its items, with the
/// production rules, and whoever works on one.
/// </summary>
internal sealed class SimulatedVm
{
    private readonly World _world;
    private readonly SimulatedHost _host;
    private readonly Dictionary<ItemId, SimulatedOrder> _orders = [];
    private VmItems _items = VmItems.None;
    private SimulatedWork? _worker;
    private bool _repeats;
    private bool _handsBack;

    private bool _there = true;

    public SimulatedVm(FleetSimulation fleet, World world, SimulatedHost host, string name, bool overlays)
    {
        (Fleet, _world, _host, Id) = (fleet, world, host, new VmId(host.Name, name));
        Guest = new SimulatedGuest(world, name) { LinkLost = reason => Window?.Tell(new WindowInput.FreezeLost(reason)) };
        Qemu = new SimulatedQemu(world, name, overlays);
    }

    public FleetSimulation Fleet { get; }

    public VmId Id { get; }

    public SimulatedGuest Guest { get; }

    public SimulatedQemu Qemu { get; }

    public SimulatedHost Host => _host;

    /// <summary>The watchdog speaks to the agent.</summary>
    public bool IsLocked { get; set; }

    /// <summary>Whoever works here goes forward with this attempt: it does not only look, or undo.</summary>
    public bool GoesOnWith(ItemId id) => _items.Work == id && _worker is { GoesForward: true };

    public bool IsAtRest =>
        _items is { Work: null, Waiting.IsEmpty: true, Kept.IsEmpty: true, ToSweep: false, Sweeping: false }
        && Window is null
        && Entry is null
        && _there
        && Guest.Up;

    public override string ToString() =>
        $"{Id.Name} (work {_items.Work}, {_items.Waiting.Count} wait, {_items.Kept.Count} kept, entry {Entry?.Window})";

    // what the host's disk keeps

    public SimulatedEntry? Entry { get; set; }

    public Dictionary<string, SimulatedDraft> Drafts { get; } = [];

    public Dictionary<string, RecoveryPoint> Points { get; } = [];

    public Dictionary<(string Run, int Item), (KeptCall Kept, ItemOutcome? Outcome)> Results { get; } = [];

    // what the guest saw

    public Dictionary<string, List<SeenCut>> Cuts { get; } = [];

    public Dictionary<string, int> FreezesOf { get; } = [];

    public Dictionary<(string Run, int Item), int> AskedOf { get; } = [];

    /// <summary>The open window: of an item, or adopted.</summary>
    public SimulatedWindow? Window { get; private set; }

    // ---- the node's process

    public void Begin()
    {
        _there = Guest.Up;
        if (_there) Adopt();
        _world.At(2_000, Sweep);
    }

    public void End()
    {
        _worker?.Stop();
        Window?.End();
        (_worker, Window, _items, _repeats, _handsBack) = (null, null, VmItems.None, false, false);
        _orders.Clear();
    }

    /// <summary>QEMU's process ends. The node sees its sockets go, or only that they do not answer.</summary>
    public void EndQemu()
    {
        if (!Guest.Up) return;
        Guest.EndQemu();
        Qemu.End();
        var life = _host.Life;
        _world.At(_world.Next(1, 300), () =>
        {
            if (life != _host.Life) return;
            Window?.Tell(new WindowInput.QemuGone());
            if (!_world.OneIn(2)) return;
            _world.Tell($"{Id.Name}: its sockets are gone");
            _there = false;
            if (Entry is { By: null } entry) Entry = entry with { By = "nobody" };
            End();
        });
        _world.At(_world.Next(1_000, 20_000), () =>
        {
            Guest.BeginQemu();
            if (Entry is { By: null }) Entry = null; // of a process that has ended
            _world.At(_world.Next(1, 1_000), () => _there = true);
            _world.At(2_000, Sweep);
        });
    }

    public void ThawByWatchdog(Func<bool> alive)
    {
        if (!alive() || _host.Up || Entry is not { By: null } entry || !Guest.Up) return;
        IsLocked = true;
        _world.Tell($"{Id.Name}: the watchdog thaws");
        Guest.Settle(alive, newLink: true, countLost: false, thawed =>
        {
            _world.Tell($"{Id.Name}: the watchdog has thawed");
            (Entry, IsLocked) = (entry with { By = "watchdog", Record = entry.Record with { Thawed = thawed } }, false);
        }, _ => _world.At(250, () =>
        {
            IsLocked = false;
            ThawByWatchdog(alive);
        }));
    }

    /// <summary>A window that an earlier process, or an actor that failed, left open is thawed first.</summary>
    public void Adopt()
    {
        var life = _host.Life;
        if (IsLocked || Window is not null) _world.At(250, () =>
        {
            if (life == _host.Life && Window?.Id != Entry?.Window) Adopt();
        });
        else if (Entry is { By: null } entry && Guest.Up && _world.Bug != Planted.LedgerNotRead)
        {
            _world.Tell($"{Id.Name}: a window is adopted");
            Window = new SimulatedWindow(
                _world,
                this,
                FleetSimulation.WindowOf(entry.Window, WindowMode.Alone),
                entry.Record,
                null,
                _ => { },
                _ => _world.At(1, Sweep)
            );
        }
    }

    // ---- from the runs

    public void Order(SimulatedOrder order)
    {
        if (!_there)
        {
            Fleet.Run(order.Id.Run).Told(
                order.Id, new ItemOutcome(order.Id.Item, order.Id.Attempt, ItemState.Unreachable, "the VM's sockets are gone"));
            return;
        }
        _orders[order.Id] = order;
        Handle(new ItemsInput.Ordered(order.Id, order.Resume));
        if (_items.Work != order.Id && _items.Waiting.All(waiting => waiting.Id != order.Id)) _orders.Remove(order.Id);
    }

    public void Journalled(ItemId id) => Handle(new ItemsInput.Journalled(id));

    public void Abort(ItemId id) => Handle(new ItemsInput.Aborted(id, "the run was aborted"));

    public void Obey(ItemId id, GroupOrder said)
    {
        if (_items.Work == id) _worker?.Obey(said);
    }

    // ---- from who works

    public void Finished(SimulatedWork worker, ItemOutcome outcome, string? window)
    {
        if (worker == _worker) Handle(new ItemsInput.Finished(outcome, window));
    }

    /// <summary>A fault of ours.</summary>
    public void FailWorker()
    {
        if (_worker is not SimulatedCall) return;
        _world.Tell($"{Id.Name}: who works fails");
        Handle(new ItemsInput.WorkerFailed());
    }

    /// <returns>False: another window has the channel.</returns>
    public bool OpenWindow(
        WindowOrder order, Action<Action<WindowInput>> cut, Action<WindowProgress> report, Action<SimulatedWindowEnd> ended)
    {
        if (Window is not null || IsLocked || !Guest.AgentUp) return false;
        Window = new SimulatedWindow(_world, this, order, null, cut, report, ended);
        Window.Open();
        return true;
    }

    public void CloseWindow(SimulatedWindow window)
    {
        if (Window == window) Window = null;
        _host.Guard(new GuardInput.Settled(window.Id));
    }

    /// <summary>The window's actor fails by a fault of ours.</summary>
    public void FailWindow()
    {
        if (Window is not { } window) return;
        _world.Tell($"{Id.Name}: the actor of its window fails");
        window.End();
        Window = null;
        window.Fail();
        _host.Guard(new GuardInput.Ended(window.Id, VmIsHere: _there));
        Adopt(); // also one that was adopted itself: the VM's actor asks for the entry of any window that it loses
    }

    /// <summary>Nobody needs the entry any more.</summary>
    public void EntryGoes(string window)
    {
        if (Entry is not { } entry || entry.Window != window) return;
        if (entry.By is null && Guest.Frozen > 0) _world.Break($"the entry of {Id.Name} goes, and its guest is frozen");
        Entry = null;
    }

    /// <summary>A frozen guest's entry stays until it is thawed, whatever its run has journalled.</summary>
    private void RemoveEntry(string window)
    {
        if (_world.Bug == Planted.EntryRemovedBeforeItsThaw) EntryGoes(window);
        if (Entry is { By: not null } entry && entry.Window == window) _host.Guard(new GuardInput.Settled(window));
        _host.Guard(new GuardInput.Journalled(window));
    }

    // ---- the rules of its items

    private void Handle(ItemsInput input)
    {
        if (!_there) return;
        (_items, var effects) = VmItemsRules.Step(_items with { Drains = _host.Drains }, input);
        foreach (var effect in effects) Perform(effect);
        HandBack();
    }

    private void Perform(ItemsEffect effect)
    {
        switch (effect)
        {
            case ItemsEffect.Begin e:
                if (_host.Drains && !e.Resume) _world.Break($"{Id.Name} begins {e.Id}, and its host is being emptied");
                var order = _orders[e.Id] with { Resume = e.Resume };
                _worker = order.Kind == BackupKind.Name
                    ? new SimulatedBackup(_world, this, order)
                    : new SimulatedCall(_world, this, order);
                _world.Tell($"{Id.Name}: {order.Names} begins{(order.Resume ? ", and looks" : "")}");
                _worker.Later(1, _worker.Begin);
                break;
            case ItemsEffect.Again:
                _worker!.Again();
                break;
            case ItemsEffect.Abort:
                _worker!.Abort();
                break;
            case ItemsEffect.EndWork:
                _worker!.Stop();
                _worker = null;
                break;
            case ItemsEffect.Tell { Kept: var kept }:
                _orders.Remove(kept.Id);
                Fleet.Run(kept.Id.Run).Told(kept.Id, kept.Outcome);
                Repeat();
                break;
            case ItemsEffect.TellWaiting e when _orders[e.Id].Group is not null:
                Fleet.Run(e.Id.Run).Moved(e.Id, new MemberReport(MemberPhase.Queued));
                break;
            case ItemsEffect.RemoveEntry e:
                RemoveEntry(e.Window);
                break;
            case ItemsEffect.Sweep:
                var life = _host.Life;
                _world.At(Qemu.BusyFor + _world.Next(1, 200), () =>
                {
                    if (life != _host.Life) return;
                    if (Entry is { By: not null } entry && !Fleet.IsUnderWay(entry.Window)) Entry = null;
                    if (Entry is not null) _world.At(30_000, () =>
                    {
                        if (life == _host.Life) Sweep();
                    });
                    foreach (var names in Qemu.Owners.Where(names => !Fleet.IsUnderWay(names)).ToList()) Qemu.Remove(names);
                    Handle(new ItemsInput.Swept());
                });
                break;
        }
    }

    private void Repeat()
    {
        if (_repeats) return;
        _repeats = true;
        var life = _host.Life;
        _world.At(3_000, () =>
        {
            if (life != _host.Life) return;
            _repeats = false;
            if (!_items.Kept.IsEmpty) Handle(new ItemsInput.Repeat());
        });
    }

    private void HandBack()
    {
        if (_handsBack || !_items.IsHolding) return;
        _handsBack = true;
        var life = _host.Life;
        _world.At(DrainRules.HandBackAfter.TotalMilliseconds, () =>
        {
            if (life != _host.Life) return;
            _handsBack = false;
            Handle(new ItemsInput.HandBack());
        });
    }

    private void Sweep()
    {
        if (_host.Up && Guest.Up) Handle(new ItemsInput.SweepWanted());
    }
}

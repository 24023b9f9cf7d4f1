using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Actors.Items;

/// <summary>
/// The items of all runs that want one VM: one at a time, each outcome repeated until its run has journalled it. Performs
/// what <see cref="VmItemsRules"/> asks for. Child of the <see cref="VmActor"/>.
/// </summary>
internal sealed class ItemsActor : ReceiveActor, IWithTimers
{
    /// <summary>To this actor, from the item at work.</summary>
    public sealed record Finished(ItemOutcome Outcome, string? Window) : INoSerializationVerificationNeeded;

    /// <param name="Left">Something is left to do, by another sweep.</param>
    private sealed record Swept(IReadOnlyList<string> Removed, bool Left, string? Fault = null)
        : INoSerializationVerificationNeeded;

    /// <param name="Place">Where the VM is now, as far as the directory knows.</param>
    private sealed record Placed(Finished End, IActorRef Worker, VmId? Place) : INoSerializationVerificationNeeded;

    private sealed record HandBackDue : INoSerializationVerificationNeeded;

    private sealed record Repeat : INoSerializationVerificationNeeded;

    /// <summary>An outcome that its run has not journalled is told again this often.</summary>
    private static readonly TimeSpan RepeatEvery = TimeSpan.FromSeconds(3);

    private const string RepeatTimer = "repeat", HandBackTimer = "hand back";

    /// <summary>Items wait while a sweep is under way, so it is short.</summary>
    private static readonly TimeSpan SweepLimit = TimeSpan.FromSeconds(10);

    /// <summary>What cannot go yet is looked at again this often.</summary>
    private static readonly TimeSpan SweepAgain = TimeSpan.FromSeconds(30);

    /// <summary>The new host tells of the VM when it has seen it running.</summary>
    private const int PlaceTries = 20;

    private static readonly TimeSpan PlacePause = TimeSpan.FromMilliseconds(250), PlaceLimit = TimeSpan.FromSeconds(1);

    private readonly VmServices _services;
    private readonly VmSpec _spec;
    private readonly IMachine? _machine;
    private readonly IReadOnlyList<RunKind> _kinds;
    private readonly Dictionary<ItemId, StartItem> _orders = [];
    private readonly HostDrain.Place _place;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private VmItems _items = VmItems.None;
    private IActorRef _worker = ActorRefs.Nobody;
    private string? _sweepFault;
    private bool _hasLeft;

    private ItemsActor(VmServices services, VmSpec spec, IMachine? machine, IReadOnlyList<RunKind> kinds)
    {
        (_services, _spec, _machine, _kinds) = (services, spec, machine, kinds);
        _place = services.Drain.NewPlace();
        Receive<StartItem>(Order);
        Receive<Finished>(Finish);
        Receive<Placed>(m => OfWorker(m.Worker, new ItemsInput.Finished(Moved(m.End.Outcome, m.Place).Bounded(), m.End.Window)));
        Receive<GuestLeft>(m => _hasLeft = m.Left);
        Receive<AbortItem>(m => Handle(new ItemsInput.Aborted(new ItemId(m.Run, m.Item, m.Attempt), ItemOutcome.RunAborted)));
        Receive<OrderMember>(Say);
        Receive<ItemJournalled>(m => Handle(new ItemsInput.Journalled(new ItemId(m.Run, m.Item, m.Attempt))));
        Receive<Repeat>(_ => Handle(new ItemsInput.Repeat()));
        Receive<HandBackDue>(_ => Handle(new ItemsInput.HandBack()));
        Receive<SweepItems>(_ => BeginSweep());
        Receive<Swept>(EndSweep);
        Receive<Terminated>(m => OfWorker(m.ActorRef, new ItemsInput.WorkerFailed()));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="kinds">Those whose items this node can do.</param>
    public static Props Props(VmServices services, VmSpec spec, IMachine? machine, IReadOnlyList<RunKind> kinds) =>
        ActorProps.Of(() => new ItemsActor(services, spec, machine, kinds));

    /// <summary>An item that fails is not begun again here, unseen: its run is told, and decides.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    protected override void PostStop() => _place.Free();

    private void Order(StartItem order)
    {
        var id = new ItemId(order.Run, order.Item, order.Attempt);
        _orders[id] = order;
        Handle(new ItemsInput.Ordered(id, order.Resume || order.BeginBy?.IsPast(_services.Epoch.Now) == true));
        // An old order of what is over leads to nothing.
        if (_items.Work != id && !_items.Waiting.Any(waiting => waiting.Id == id)) _orders.Remove(id);
    }

    private void Say(OrderMember said)
    {
        if (_items.Work == new ItemId(said.Run, said.Item, said.Attempt)) _worker.Tell(said.Order);
    }

    /// <summary>Whoever worked before says nothing any more.</summary>
    private void OfWorker(IActorRef worker, ItemsInput input)
    {
        if (_worker.Equals(worker)) Handle(input);
    }

    /// <summary>The item of a VM whose guest has left ends with the place where it is now: its run goes on there.</summary>
    private void Finish(Finished end)
    {
        var worker = Sender;
        if (_hasLeft && end.Outcome.State != ItemState.Succeeded)
            PlaceAsync().PipeTo(
                Self, success: place => new Placed(end, worker, place), failure: _ => new Placed(end, worker, null));
        else OfWorker(worker, new ItemsInput.Finished(end.Outcome.Bounded(), end.Window));
    }

    private async Task<VmId?> PlaceAsync()
    {
        for (var tries = 0; ; tries++)
        {
            var told = await _services.Fleet.Ask<MoveTold>(new FindMove(_spec.Id, null), PlaceLimit);
            if (told.Place is not null || tries == PlaceTries) return told.Place;
            await Task.Delay(PlacePause, _services.Time);
        }
    }

    private ItemOutcome Moved(ItemOutcome outcome, VmId? place) => MovedItems.Outcome(
        outcome,
        _items.Work is { } work && _kinds.FirstOrDefault(kind => kind.Name == _orders[work].Kind) is { RepeatsElsewhere: true },
        place);

    private void Handle(ItemsInput input)
    {
        _place.Take();
        (_items, var effects) = VmItemsRules.Step(_items with { Drains = _place.Drains }, input);
        foreach (var effect in effects) Perform(effect);
        if (_items.Work is null) _place.Free();
        if (_items.IsHolding && !Timers.IsTimerActive(HandBackTimer))
            Timers.StartSingleTimer(HandBackTimer, new HandBackDue(), DrainRules.HandBackAfter);
        // A host has thousands of VMs that do nothing: those have no timer.
        if (_items.IsToRepeat && !Timers.IsTimerActive(RepeatTimer))
            Timers.StartSingleTimer(RepeatTimer, new Repeat(), RepeatEvery);
    }

    private void Perform(ItemsEffect effect)
    {
        switch (effect)
        {
            case ItemsEffect.Begin e:
                _worker = Context.Watch(Context.ActorOf(Worker(_orders[e.Id] with { Resume = e.Resume })));
                Context.Parent.Tell(new WorksFor(e.Id.Run));
                break;
            case ItemsEffect.Again e:
                _worker.Tell(_orders[e.Id]);
                break;
            case ItemsEffect.Abort e:
                _worker.Tell(new AbortItem(_spec.Id, e.Id.Run, e.Id.Item, e.Id.Attempt));
                break;
            case ItemsEffect.EndWork:
                Context.Unwatch(_worker);
                Context.Stop(_worker);
                _worker = ActorRefs.Nobody;
                Context.Parent.Tell(new WorksFor(null));
                break;
            case ItemsEffect.Tell { Kept: var kept }:
                _orders.Remove(kept.Id);
                _services.Runs().Tell(new ItemEnded(kept.Id.Run, kept.Outcome) { Vm = _spec.Id });
                break;
            case ItemsEffect.TellWaiting e:
                var runs = _services.Runs();
                if (_orders[e.Id].Group is not null)
                    runs.Tell(new MemberMoved(e.Id.Run, e.Id.Item, e.Id.Attempt, new MemberReport(MemberPhase.Queued)));
                runs.Tell(new ItemMoved(e.Id.Run, new ItemProgress(e.Id.Item, e.Id.Attempt, "waiting", null, 0, 0)
                {
                    Note = $"run {e.For} works on this VM",
                }));
                break;
            case ItemsEffect.RemoveEntry e:
                _services.Host.Tell(new RemoveEntry(e.Window));
                break;
            case ItemsEffect.Sweep:
                SweepAsync(_machine!).PipeTo(Self, failure: e => new Swept([], Left: true, e.Message));
                break;
        }
    }

    private Props Worker(StartItem order)
    {
        var place = new ItemPlace(order, _services, _spec, _machine, Context.Parent);
        return _kinds.FirstOrDefault(kind => kind.Name == order.Kind) switch
        {
            null => ActorProps.Of(() => new UnknownKindItem(order, place.Services)),
            { } kind when order.Options.DryRun => kind.Checker(place),
            { } kind => kind.Worker(place),
        };
    }

    // ---- what an undo could not remove at its time

    private void BeginSweep()
    {
        if (_machine is not null) Handle(new ItemsInput.SweepWanted());
    }

    private async Task<Swept> SweepAsync(IMachine machine)
    {
        using var limit = new CancellationTokenSource(SweepLimit, _services.Time);
        var unsettled = await _services.Unsettled(_spec.Id);
        var entryLeft = await RemoveEntryAsync(unsettled, limit.Token);
        var removed = new List<string>();
        foreach (var kind in _kinds) removed.AddRange(await kind.SweepAsync(_services, _spec, machine, unsettled, limit.Token));
        return new Swept(removed, entryLeft);
    }

    /// <summary>Whoever would remove a thawed entry once its run has journalled what became of it may have ended before
    /// that.</summary>
    /// <returns>It must stay yet: its run has not, or it is not thawed.</returns>
    private async Task<bool> RemoveEntryAsync(IReadOnlySet<string> unsettled, CancellationToken cancel)
    {
        var entry = (await _services.Host.Ask<EntryFound>(new FindEntry(_spec.Id.Name), cancel)).Entry;
        if (entry is not { Run.Length: > 0 }) return false;
        if (entry.Phase != LedgerPhase.Thawed || unsettled.Contains(CutNames.For(entry.Run, entry.Item, entry.Attempt).Hash))
            return true;
        _services.Host.Tell(new RemoveEntry(entry.Window));
        return false;
    }

    private void EndSweep(Swept swept)
    {
        if (swept.Removed.Count > 0)
            _log.Warning(
                "{0}: removed from QEMU what no run needs any more: {1}", _spec.Id.Name, string.Join(", ", swept.Removed));
        if (swept.Fault is { } fault && fault != _sweepFault)
            _log.Warning("{0}: could not look for what earlier runs left: {1}", _spec.Id.Name, fault);
        _sweepFault = swept.Fault;
        if (swept.Left) Timers.StartSingleTimer("sweep", new SweepItems(), SweepAgain);
        Handle(new ItemsInput.Swept());
    }
}

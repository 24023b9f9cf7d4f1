using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Kinds;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Monitor;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// The items of all runs that want one VM: one at a time, in the order of their arrival. Keeps an item's outcome, and
/// repeats it, until its run has journalled it. Child of the <see cref="VmActor"/>.
/// </summary>
internal sealed class ItemsActor : ReceiveActor, IWithTimers
{
    /// <summary>To this actor, from the item at work.</summary>
    public sealed record Finished(ItemOutcome Outcome, string? Window) : INoSerializationVerificationNeeded;

    /// <summary>From the VM's actor: the monitor has come back; what no run knows any more can go.</summary>
    public sealed record Sweep : INoSerializationVerificationNeeded;

    private sealed record Swept(IReadOnlyList<string> Removed, string? Fault) : INoSerializationVerificationNeeded;

    private sealed record Repeat : INoSerializationVerificationNeeded;

    private sealed record AtWork(StartItem Order, IActorRef Worker);

    private sealed record Kept(StartItem Order, ItemEnded Ended, string? Window);

    /// <summary>An outcome that its run has not journalled is told again this often.</summary>
    private static readonly TimeSpan RepeatEvery = TimeSpan.FromSeconds(3);

    /// <summary>Items wait while a sweep is under way, so it is short.</summary>
    private static readonly TimeSpan SweepLimit = TimeSpan.FromSeconds(10);

    private readonly VmServices _services;
    private readonly VmSpec _spec;
    private readonly IMonitor? _monitor;
    private readonly Queue<StartItem> _waiting = [];
    private readonly Dictionary<(string Run, int Item, int Attempt), Kept> _kept = [];
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private AtWork? _work;
    private bool _sweeping;

    public ItemsActor(VmServices services, VmSpec spec, IMonitor? monitor)
    {
        (_services, _spec, _monitor) = (services, spec, monitor);
        Receive<StartItem>(Start);
        Receive<Finished>(Finish);
        Receive<AbortItem>(Abort);
        Receive<GroupSays>(m => ToWorker((m.Run, m.Item, m.Attempt), m.Order));
        Receive<ItemJournalled>(m => Forget((m.Run, m.Item, m.Attempt)));
        Receive<Repeat>(_ => Tell(_kept.Values));
        Receive<Sweep>(_ => BeginSweep());
        Receive<Swept>(EndSweep);
        Receive<Terminated>(m => Crashed(m.ActorRef));
        Timers.StartPeriodicTimer("repeat", new Repeat(), RepeatEvery);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>An item that fails is not begun again here, unseen: its run is told, and decides.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private void Start(StartItem order)
    {
        if (_kept.TryGetValue(Key(order), out var kept)) Tell([kept]);
        else if (_work is { } work && Key(work.Order) == Key(order)) work.Worker.Tell(order);
        else if (_waiting.All(waiting => Key(waiting) != Key(order)))
        {
            _waiting.Enqueue(order);
            Next();
            TellWaiting();
        }
    }

    /// <summary>Who waits is told for whom.</summary>
    private void TellWaiting()
    {
        if (_work is not { } work) return;
        foreach (var order in _waiting)
        {
            _services.Runs.Tell(new ItemMoved(order.Run, new ItemProgress(order.Item, order.Attempt, "waiting", null, 0, 0)
            {
                Note = $"run {work.Order.Run} works on this VM",
            }));
        }
    }

    private void ToWorker((string, int, int) key, object message)
    {
        if (_work is { } work && Key(work.Order) == key) work.Worker.Tell(message);
    }

    private void Abort(AbortItem order)
    {
        var key = (order.Run, order.Item, order.Attempt);
        ToWorker(key, order);
        if (_waiting.FirstOrDefault(waiting => Key(waiting) == key) is not { } waiting) return;
        var left = _waiting.Where(other => other != waiting).ToList();
        _waiting.Clear();
        foreach (var other in left) _waiting.Enqueue(other);
        Keep(waiting, new ItemOutcome(order.Item, order.Attempt, ItemState.Cancelled, BackupItem.Aborted), null);
    }

    private void Next()
    {
        if (_sweeping || _work is not null || !_waiting.TryDequeue(out var order)) return;
        var worker = Context.Watch(Context.ActorOf(Worker(order)));
        _work = new AtWork(order, worker);
        TellWaiting();
        Context.Parent.Tell(new WorksFor(order.Run));
    }

    /// <summary>What does the work of each kind. A new kind is a line here.</summary>
    private Props Worker(StartItem order)
    {
        var vm = Context.Parent;
        return order.Kind switch
        {
            Backup.Name when order.Options.DryRun => ActorProps.Of(() => new PreflightItem(order, _services, _spec, _monitor, vm)),
            Backup.Name => ActorProps.Of(() => new BackupItem(order, _services, _spec, _monitor, vm)),
            Command.Name => ActorProps.Of(() => new CommandItem(order, _services, vm)),
            Exec.Name => ActorProps.Of(() => new ExecItem(order, _services, vm)),

            _ => throw new InvalidOperationException($"No item of kind {order.Kind} is known here"),
        };
    }

    private void Finish(Finished finished)
    {
        if (_work is not { } work || !work.Worker.Equals(Sender)) return;
        End(work, finished.Outcome, finished.Window);
    }

    /// <summary>The worker died of a fault of ours.</summary>
    private void Crashed(IActorRef worker)
    {
        if (_work is { } work && work.Worker.Equals(worker))
            End(work, ItemOutcome.Interrupted(work.Order.Item, work.Order.Attempt, "the item's actor failed"), null);
    }

    private void End(AtWork work, ItemOutcome outcome, string? window)
    {
        _work = null;
        Context.Unwatch(work.Worker);
        Context.Stop(work.Worker);
        Keep(work.Order, outcome, window);
        Context.Parent.Tell(new WorksFor(null));
        Next();
    }

    private void Keep(StartItem order, ItemOutcome outcome, string? window)
    {
        var kept = new Kept(order, new ItemEnded(order.Run, outcome), window);
        _kept[Key(order)] = kept;
        Tell([kept]);
    }

    private void Tell(IEnumerable<Kept> outcomes)
    {
        foreach (var kept in outcomes) _services.Runs.Tell(kept.Ended);
    }

    private void Forget((string, int, int) key)
    {
        if (_kept.Remove(key, out var kept) && kept.Window is { } window) _services.Host.Tell(new RemoveEntry(window));
    }

    // ---- what an undo could not remove at its time

    private void BeginSweep()
    {
        if (_monitor is null || _work is not null || _waiting.Count > 0 || _sweeping) return;
        _sweeping = true;
        SweepAsync(_monitor).PipeTo(Self, failure: e => new Swept([], e.Message));
    }

    private async Task<Swept> SweepAsync(IMonitor monitor)
    {
        using var limit = new CancellationTokenSource(SweepLimit, _services.Time);
        await OverlaysOwed.SettleAsync(_services, _spec, monitor, limit.Token);
        return new Swept(await LeftBehind.RemoveAsync(monitor, await _services.Unsettled(_spec.Id), _services.Time, limit.Token), null);
    }

    private void EndSweep(Swept swept)
    {
        _sweeping = false;
        if (swept.Removed.Count > 0) _log.Warning("{0}: removed from QEMU what no run knows any more: {1}", _spec.Id.Name, string.Join(", ", swept.Removed));
        if (swept.Fault is { } fault) _log.Warning("{0}: could not look for what earlier runs left in QEMU: {1}", _spec.Id.Name, fault);
        Next();
    }

    private static (string Run, int Item, int Attempt) Key(StartItem order) => (order.Run, order.Item, order.Attempt);
}

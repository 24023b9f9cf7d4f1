using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Persistence;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>
/// One run: persistent, sharded by its id, remembered, so that it goes on by itself after a crash; stopped for good when it
/// has ended. It asks <see cref="RunRules"/> what is due, journals that, and only then sends it. Two events an item, in
/// batches: one write serves many items.
/// </summary>
public sealed class RunActor : ReceivePersistentActor, IWithTimers
{
    private sealed record Flush : INoSerializationVerificationNeeded;

    private sealed record Show : INoSerializationVerificationNeeded;

    private sealed record Remind : INoSerializationVerificationNeeded;

    /// <summary>Outcomes wait this long for company while other items are under way.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(500);

    /// <summary>Watchers are told of changes this often.</summary>
    private static readonly TimeSpan ShowEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Items under way are sent again this often: a message may be lost, and a host recognises a repeat.</summary>
    private static readonly TimeSpan RemindEvery = TimeSpan.FromSeconds(30);

    private readonly RunServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly List<ItemOutcome> _gathered = [];
    private readonly Dictionary<int, ItemProgress> _progress = [];
    private readonly HashSet<IActorRef> _watchers = [];
    private RunState? _state;

    public RunActor(RunServices services)
    {
        _services = services;
        Recover<RunEvent>(e => _state = RunRules.Evolve(_state, e));
        Recover<RecoveryCompleted>(_ => Resume());

        Command<StartRun>(Start);
        Command<WatchRun>(Watch);
        Command<FindUnsettled>(m => Sender.Tell(new UnsettledAttempts(_state is null or { IsEnded: true }
            ? []
            : [.. RunRules.UnderWay(_state).Where(item => item.Vm == m.Vm).Select(item => new ItemAttempt(item.Index, item.Attempt))])));
        Command<ItemEnded>(m => Take(m.Outcome));
        Command<ItemMoved>(m => Follow(m.Progress));
        Command<Flush>(_ => Settle());
        Command<Show>(_ => ShowAll());
        Command<Remind>(_ => RemindAll());
        Command<Terminated>(m => _watchers.Remove(m.ActorRef));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public override string PersistenceId => PersistenceIdOf(Self.Path.Name);

    public static string PersistenceIdOf(string run) => $"run-{run}";

    public static Props Props(RunServices services) => Akka.Actor.Props.Create(() => new RunActor(services));

    // ---- from the journal

    private void Resume()
    {
        if (_state is null) return;
        if (!_state.IsEnded)
            _log.Info("Run {0} goes on: {1} of {2} items are done", _state.Id, _state.Counts.Total - _state.Counts.Pending - _state.Counts.Running, _state.Counts.Total);
        RemindAll();
        Act();
    }

    // ---- what is asked of it

    private void Start(StartRun order)
    {
        var asker = Sender;
        if (_state is not null)
        {
            asker.Tell(View());
            return;
        }
        var started = new RunEvent.RunStarted(order.Run, order.Kind, order.Select, order.Options, order.Targets, _services.Time.GetUtcNow(), null);
        Store(RunRules.Decide(_state, new RunCommand.Start(started), started.At), () =>
        {
            _services.Keep(View()!);
            asker.Tell(View());
            Timers.StartSingleTimer("remind", new Remind(), RemindEvery);
        });
    }

    private void Watch(WatchRun order)
    {
        Sender.Tell(View() ?? (object)new NoSuchRun(order.Run));
        if (_state is { IsEnded: false } && _watchers.Add(Sender)) Context.Watch(Sender);
    }

    private void Take(ItemOutcome outcome)
    {
        if (_state is null || outcome.Item < 0 || outcome.Item >= _state.Items.Count) return;
        var item = _state.Items[outcome.Item];
        if (item.State != ItemState.Running || item.Attempt != outcome.Attempt)
        {
            // Journalled before, and the answer was lost.
            Acknowledge(outcome);
            return;
        }
        _progress.Remove(outcome.Item);
        if (_gathered.All(g => g.Item != outcome.Item)) _gathered.Add(outcome);
        if (_gathered.Count >= Math.Min(RunRules.BatchLimit, _state.Counts.Running)) Settle();
        else if (!Timers.IsTimerActive("flush")) Timers.StartSingleTimer("flush", new Flush(), Gather);
    }

    private void Follow(ItemProgress progress)
    {
        if (_state?.Items[progress.Index] is not { State: ItemState.Running } item || item.Attempt != progress.Attempt) return;
        _progress[progress.Index] = progress;
        Changed();
    }

    // ---- persist, then evolve, then answer, then act

    private void Settle()
    {
        Timers.Cancel("flush");
        var outcomes = _gathered.ToArray();
        _gathered.Clear();
        Store(RunRules.Decide(_state, new RunCommand.Settle(outcomes), _services.Time.GetUtcNow()), () =>
        {
            foreach (var outcome in outcomes) Acknowledge(outcome);
        });
    }

    private void Store(IReadOnlyList<RunEvent> events, Action then)
    {
        var left = events.Count;
        if (left == 0) return;
        PersistAll(events, happened =>
        {
            _state = RunRules.Evolve(_state, happened);
            if (happened is RunEvent.ItemsDispatched dispatched)
                foreach (var attempt in dispatched.Items) Send(_state.Items[attempt.Item], resume: false);
            if (--left > 0) return;
            then();
            Act();
        });
    }

    /// <summary>Journals whatever the state says is due, or ends the run. <see cref="Store"/> sends what is dispatched, once it is journalled.</summary>
    private void Act()
    {
        Changed();
        if (_state!.IsEnded) End();
        else Store(RunRules.Decide(_state, new RunCommand.Dispatch(), _services.Time.GetUtcNow()), () => { });
    }

    private void End()
    {
        ShowAll();
        _services.Keep(View()!);
        _log.Info("Run {0} has ended {1}: {2} of {3} items succeeded", _state!.Id, _state.Phase, _state.Counts.Succeeded, _state.Counts.Total);
        Context.Parent.Tell(new Passivate(PoisonPill.Instance));
    }

    // ---- what it tells the hosts

    private void Send(RunItem item, bool resume) => _services.Vms.Tell(new StartItem(
        item.Vm, _state!.Id, item.Index, item.Attempt, _state.Kind, _state.Options, item.DispatchedAt!.Value, resume));

    /// <summary>Items under way as far as the journal knows: after a restart nobody may be working on them.</summary>
    private void RemindAll()
    {
        if (_state is null or { IsEnded: true }) return;
        Timers.StartSingleTimer("remind", new Remind(), RemindEvery);
        foreach (var item in RunRules.UnderWay(_state).Where(item => _gathered.All(g => g.Item != item.Index)))
            Send(item, resume: true);
    }

    private void Acknowledge(ItemOutcome outcome) =>
        _services.Vms.Tell(new ItemJournalled(_state!.Items[outcome.Item].Vm, _state.Id, outcome.Item, outcome.Attempt));

    // ---- what others see

    private RunView? View() => _state is null
        ? null
        : new RunView(RunSummary.Of(_state), [.. _state.Items.Select(RunItemView.Of)], [.. _progress.Values]);

    private void Changed()
    {
        if (!Timers.IsTimerActive("show")) Timers.StartSingleTimer("show", new Show(), ShowEvery);
    }

    private void ShowAll()
    {
        Timers.Cancel("show");
        if (_watchers.Count == 0 || View() is not { } view) return;
        foreach (var watcher in _watchers) watcher.Tell(view);
    }
}

using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Persistence;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Groups;

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

    private sealed record Look : INoSerializationVerificationNeeded;

    private sealed record Audited : INoSerializationVerificationNeeded;

    /// <summary>Outcomes wait this long for company while other items are under way: long enough that a write serves
    /// several, short enough that their places do not stay empty.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);

    /// <summary>So many outcomes wait no longer.</summary>
    private const int Company = 5;

    /// <summary>Watchers are told of changes this often.</summary>
    private static readonly TimeSpan ShowEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>A timer reaches no further; then it is set again.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    /// <summary>Items under way are sent again this often: a message may be lost, and a host recognises a repeat.</summary>
    private static readonly TimeSpan RemindEvery = TimeSpan.FromSeconds(30);

    private readonly RunServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly List<ItemOutcome> _gathered = [];
    private readonly Dictionary<int, ItemProgress> _progress = [];
    private readonly HashSet<IActorRef> _watchers = [];
    private readonly Dictionary<string, IActorRef> _groups = [];
    private readonly List<AuditEntry> _untold = [];
    private bool _telling;
    private RunState? _state;

    public RunActor(RunServices services)
    {
        _services = services;
        Recover<RunEvent>(Happen);
        Recover<RecoveryCompleted>(_ => Resume());

        Command<StartRun>(Start);
        Command<WatchRun>(Watch);
        Command<FindUnsettled>(m => Sender.Tell(new UnsettledAttempts(_state is null or { IsEnded: true }
            ? []
            : [.. RunRules.UnderWay(_state).Where(item => item.Vm == m.Vm).Select(item => new ItemAttempt(item.Index, item.Attempt))])));
        Command<SteerRun>(Steer);
        Command<DescribeRetry>(m => Sender.Tell(_state is null ? new NoSuchRun(m.Run) : Retry(_state, m.NewRun)));
        Command<ItemEnded>(m => Take(m.Outcome));
        Command<MemberMoved>(m => GroupOf(m.Item, m.Attempt)?.Tell(m));
        Command<GroupActor.Ended>(m => Gathered(m.Outcomes));
        Command<Look>(_ => Store(new RunCommand.Dispatch()));
        Command<ItemMoved>(m => Follow(m.Progress));
        Command<Flush>(_ => Settle());
        Command<Show>(_ => ShowAll());
        Command<Remind>(_ => RemindAll());
        Command<Audited>(_ => Told());
        Command<Terminated>(m => _watchers.Remove(m.ActorRef));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public override string PersistenceId => PersistenceIdOf(Self.Path.Name);

    public static string PersistenceIdOf(string run) => $"run-{run}";

    public static Props Props(RunServices services) => ActorProps.Of(() => new RunActor(services));

    // ---- from the journal

    private void Happen(RunEvent happened)
    {
        _state = RunRules.Evolve(_state, happened);
        _untold.AddRange(RunLines.Of(_state, happened, _services.Host));
    }

    private void Resume()
    {
        if (_state is null) return;
        // All of them once more: the audit log takes only what it does not have.
        TellAudit();
        if (!_state.IsEnded)
            _log.Info("Run {0} goes on: {1} of {2} items are done", _state.Id, _state.Counts.Total - _state.Counts.Pending - _state.Counts.Running, _state.Counts.Total);
        RemindAll();
        if (_state.IsEnded) End();
        else Store(new RunCommand.Dispatch());
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
        var started = new RunEvent.RunStarted(order.Run, order.Kind, order.Select, order.Options, order.Targets, _services.Time.GetUtcNow(), order.RetryOf)
        {
            Notes = order.Notes,
            StartedBy = order.StartedBy,
        };
        Store(new RunCommand.Start(started), () =>
        {
            _services.Keep(View()!);
            asker.Tell(View());
            Timers.StartSingleTimer("remind", new Remind(), RemindEvery);
        });
    }

    private void Steer(SteerRun order)
    {
        var asker = Sender;
        if (_state is null)
        {
            asker.Tell(new NoSuchRun(order.Run));
            return;
        }
        Store(
            order.Steering switch
            {
                RunSteering.Pause => new RunCommand.Pause(order.By),
                RunSteering.Resume => new RunCommand.Resume(order.By),
                var abort => new RunCommand.Abort(
                    order.By is { } who ? $"the run was aborted by {who}" : "the run was aborted", Wait: abort == RunSteering.AbortAndWait, order.By),
            },
            () =>
            {
                _services.Keep(View()!);
                asker.Tell(View());
            });
    }

    /// <summary>The same options and notes, over all targets that have not succeeded; a group has one point, so it is taken whole.</summary>
    private static StartRun Retry(RunState state, string run)
    {
        var left = state.Items.Where(item => RunRules.Members(state, item).Any(member => member.State != ItemState.Succeeded)).ToList();
        return new StartRun(run, state.Kind, state.Select, state.Options, [.. left.Select(item => item.Vm)])
        {
            Notes = [.. left.Select(item => item.Note)],
            RetryOf = state.Id,
        };
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
        if (item.Group is null) Gathered([outcome]);
        else GroupOf(outcome.Item, outcome.Attempt)?.Tell(outcome);
    }

    private void Gathered(IReadOnlyList<ItemOutcome> outcomes)
    {
        foreach (var outcome in outcomes)
        {
            _progress.Remove(outcome.Item);
            if (_gathered.All(g => g.Item != outcome.Item)) _gathered.Add(outcome);
        }
        if (_gathered.Count >= Math.Min(Company, _state!.Counts.Running)) Settle();
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
        Store(new RunCommand.Settle(outcomes), () =>
        {
            foreach (var outcome in outcomes) Acknowledge(outcome);
        });
    }

    /// <summary>One write holds what the command leads to and what is due after it: outcomes with the items that take their places.</summary>
    private void Store(RunCommand command, Action? answer = null)
    {
        var events = Follow(command);
        if (events.Count == 0)
        {
            answer?.Invoke();
            LookAgain();
            return;
        }
        var left = events.Count;
        PersistAll(events, happened =>
        {
            Happen(happened);
            if (--left > 0) return;
            answer?.Invoke();
            Act(events);
        });
    }

    private List<RunEvent> Follow(RunCommand command)
    {
        var now = _services.Time.GetUtcNow();
        List<RunEvent> events = [.. RunRules.Decide(_state, command, now)];
        var state = events.Aggregate(_state, RunRules.Evolve);
        while (state is { IsEnded: false } && RunRules.Decide(state, new RunCommand.Dispatch(), now) is { Count: > 0 } due)
        {
            events.AddRange(due);
            state = due.Aggregate(state, RunRules.Evolve);
        }
        return events;
    }

    /// <summary>Sends what is journalled, and only that.</summary>
    private void Act(IReadOnlyList<RunEvent> happened)
    {
        Changed();
        foreach (var dispatched in happened.OfType<RunEvent.ItemsDispatched>())
            Begin([.. dispatched.Items.Select(attempt => _state!.Items[attempt.Item])], resume: false);
        if (happened.OfType<RunEvent.RunAborted>().Any()) AbortAll();
        TellAudit();
        if (_state!.IsEnded) End();
        else LookAgain();
    }

    /// <summary>When something is due by the clock alone: the end of a soak, or the deadline.</summary>
    private void LookAgain()
    {
        if (_state is not { IsEnded: false } || RunRules.Due(_state, _services.Time.GetUtcNow()).Again is not { } at) return;
        var after = at - _services.Time.GetUtcNow();
        Timers.StartSingleTimer("look", new Look(), after > LongestTimer ? LongestTimer : after);
    }

    private void End()
    {
        ShowAll();
        _services.Keep(View()!);
        _log.Info("Run {0} has ended {1}: {2} of {3} items succeeded", _state!.Id, _state.Phase, _state.Counts.Succeeded, _state.Counts.Total);
        Leave();
    }

    /// <summary>For good, so not before the audit log has all of it: nothing would tell it again.</summary>
    private void Leave()
    {
        if (_state is { IsEnded: true } && !_telling) Context.Parent.Tell(new Passivate(PoisonPill.Instance));
    }

    // ---- what it tells the audit log

    /// <summary>One append at a time: what happens meanwhile goes into the next one together. Nothing waits for it.</summary>
    private void TellAudit()
    {
        if (_telling || _untold.Count == 0) return;
        _telling = true;
        AuditEntry[] lines = [.. _untold];
        _untold.Clear();
        _services.Audit(lines).PipeTo(Self, success: () => new Audited());
    }

    private void Told()
    {
        _telling = false;
        TellAudit();
        Leave();
    }

    // ---- what it tells the hosts

    private StartItem Order(RunItem item, bool resume) => new(
        item.Vm, _state!.Id, item.Index, item.Attempt, _state.Kind, _state.Options, item.DispatchedAt!.Value, resume)
    {
        Group = item.Group,
        Freeze = item.Note.Freeze,
    };

    /// <summary>A VM alone is told itself; a group's members by their coordinator.</summary>
    private void Begin(IReadOnlyList<RunItem> items, bool resume)
    {
        foreach (var item in items.Where(item => item.Group is null)) _services.Vms.Tell(Order(item, resume));
        foreach (var group in items.Where(item => item.Group is not null).DistinctBy(item => item.Group))
        {
            var orders = RunRules.Members(_state!, group).Select(member => Order(member, resume)).ToList();
            if (_groups.TryGetValue(group.Group!, out var known)) Context.Stop(known);
            _groups[group.Group!] = Context.ActorOf(ActorProps.Of(() => new GroupActor(_services, group.Group!, orders)), $"group-{group.Index}-{group.Attempt}");
        }
    }

    /// <summary>Items under way as far as the journal knows: after a restart nobody may be working on them.</summary>
    private void RemindAll()
    {
        if (_state is null or { IsEnded: true }) return;
        Timers.StartSingleTimer("remind", new Remind(), RemindEvery);
        var open = RunRules.UnderWay(_state).Where(item => _gathered.All(g => g.Item != item.Index)).ToList();
        Begin([.. open.Where(item => item.Group is null || !_groups.ContainsKey(item.Group))], resume: true);
        foreach (var group in _groups.Values) group.Tell(new GroupActor.Remind());
        if (_state.Abort is not null) AbortAll();
    }

    private void AbortAll()
    {
        if (_state!.Abort is not { Wait: false } abort) return;
        foreach (var item in RunRules.UnderWay(_state).Where(item => item.Group is null))
            _services.Vms.Tell(new AbortItem(item.Vm, _state.Id, item.Index, item.Attempt));
        foreach (var group in _groups.Values)
            group.Tell(new GroupInput.Stop(ItemState.Cancelled, abort.Reason, null));
    }

    /// <summary>The coordinator of an item that is under way.</summary>
    private IActorRef? GroupOf(int index, int attempt) =>
        _state is not null && index >= 0 && index < _state.Items.Count && _state.Items[index] is { State: ItemState.Running, Group: { } name } item && item.Attempt == attempt
            ? _groups.GetValueOrDefault(name)
            : null;

    private void Acknowledge(ItemOutcome outcome)
    {
        var item = _state!.Items[outcome.Item];
        if (item.Group is { } group && item.Attempt == outcome.Attempt && _groups.Remove(group, out var coordinator)) Context.Stop(coordinator);
        _services.Vms.Tell(new ItemJournalled(item.Vm, _state.Id, outcome.Item, outcome.Attempt));
    }

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

using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Persistence;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Groups;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>
/// One run: persistent, sharded by its id, remembered, so that it goes on by itself after a crash; stopped for good when it
/// has ended. It performs what <see cref="LiveRunRules"/> asks for: what is due is journalled, and only then sent. Two events
/// an item, in batches: one write serves many items.
/// </summary>
public sealed class RunActor : ReceivePersistentActor, IWithTimers
{
    private sealed record Told(RunInput Input) : INoSerializationVerificationNeeded;

    private sealed record Show : INoSerializationVerificationNeeded;

    private sealed record Audited : INoSerializationVerificationNeeded;

    private sealed record NobodyCame : INoSerializationVerificationNeeded;

    /// <summary>A run that is gone is remembered by nobody for longer.</summary>
    private static readonly TimeSpan Lingering = TimeSpan.FromMinutes(1);

    /// <summary>Outcomes wait this long for company while other items are under way: long enough that a write serves
    /// several, short enough that their places do not stay empty.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);

    /// <summary>Watchers are told of changes this often.</summary>
    private static readonly TimeSpan ShowEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>A timer reaches no further; then it is set again.</summary>
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    /// <summary>Items under way are sent again this often: a message may be lost, and a host recognises a repeat.</summary>
    private static readonly TimeSpan RemindEvery = TimeSpan.FromSeconds(30);

    private readonly RunServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<int, ItemProgress> _progress = [];
    private readonly HashSet<IActorRef> _watchers = [];
    private readonly Dictionary<string, IActorRef> _groups = [];
    private readonly List<AuditEntry> _untold = [];
    private RunSecrets? _secrets;
    private bool _telling;
    private LiveRun _live = LiveRun.Empty;

    public RunActor(RunServices services)
    {
        _services = services;
        // Of a run whose removal a crash cut short the start is gone, and with it all that the rest would mean.
        Recover<RunEvent>(happened =>
        {
            if (_live.Run is not null || happened is RunEvent.RunStarted) Happen(WithTarget(happened));
        });
        Recover<RecoveryCompleted>(_ => Resume());

        Command<StartRun>(Start);
        Command<WatchRun>(Watch);
        Command<FindUnsettled>(m => Sender.Tell(new UnsettledAttempts(_live.Run is not { IsEnded: false } run
            ? []
            :
            [
                .. RunRules
                    .UnderWay(run)
                    .Where(item => item.Vm == m.Vm)
                    .Select(item => new ItemAttempt(item.Index, item.Attempt)),
            ]
        )
        )
        );
        Command<SteerRun>(Steer);
        Command<DescribeRetry>(m => Sender.Tell(_live.Run is { } run ? Retry(run, m.NewRun) : new NoSuchRun(m.Run)));
        Command<ItemEnded>(Take);
        Command<NobodyCame>(_ => LeaveWithoutRun());
        Command<MemberMoved>(Pass);
        Command<GroupActor.Ended>(m => Handle(new RunInput.GroupEnded(m.Outcomes)));
        Command<ItemMoved>(m => Follow(m.Progress));
        Command<Told>(m => Handle(m.Input));
        Command<Show>(_ => ShowAll());
        Command<Audited>(_ => AuditTold());
        Command<Terminated>(m => _watchers.Remove(m.ActorRef));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>A coordinator that fails has forgotten its group: this actor begins anew with it, as after a crash, and asks the
    /// members.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

    public override string PersistenceId => PersistenceIdOf(Self.Path.Name);

    public static string PersistenceIdOf(string run) => $"run-{run}";

    public static Props Props(RunServices services) => ActorProps.Of(() => new RunActor(services));

    // ---- from the journal

    private void Happen(RunEvent happened)
    {
        _live = LiveRunRules.Apply(_live, happened);
        _untold.AddRange(RunLines.Of(_live.Run!, happened, _services.Host));
    }

    /// <summary>The target follows from the options, so the journal does not hold it.</summary>
    private T WithTarget<T>(T happened) where T : RunEvent => happened is RunEvent.RunStarted e
        ? (T)(RunEvent)(e with { Target = _services.Kind(e.Kind)?.Target(e.Options) })
        : happened;

    private void Resume()
    {
        if (_live.Run is null) Timers.StartSingleTimer("nobody", new NobodyCame(), Lingering);
        // All of them once more: the audit log takes only what it does not have.
        TellAudit();
        if (_live.Run is { IsEnded: false } run)
            _log.Info("{0}", RunWords.GoesOn(run));
        Handle(new RunInput.Recovered());
    }

    // ---- what is asked of it

    private void Start(StartRun order)
    {
        var asker = Sender;
        if (_live.Run is not null)
        {
            asker.Tell(View());
            return;
        }
        var started = new RunEvent.RunStarted(
            order.Run, order.Kind, order.Select, order.Options, order.Targets, _services.Time.GetUtcNow(), order.RetryOf)
        {
            Notes = order.Notes,
            StartedBy = order.StartedBy,
        };
        Handle(new RunInput.Ordered(new RunCommand.Start(WithTarget(started))), () =>
        {
            _log.Info("{0}", RunWords.Started(_live.Run!));
            Answer(asker);
        });
    }

    private void Steer(SteerRun order)
    {
        var asker = Sender;
        if (_live.Run is null)
        {
            asker.Tell(new NoSuchRun(order.Run));
            return;
        }
        RunCommand command = order.Steering switch
        {
            RunSteering.Pause => new RunCommand.Pause(order.By),
            RunSteering.Resume => new RunCommand.Resume(order.By),
            var abort => new RunCommand.Abort(
                order.By is { } who ? $"{ItemOutcome.RunAborted} by {who}" : ItemOutcome.RunAborted,
                Wait: abort == RunSteering.AbortAndWait,
                order.By
            ),
        };
        _log.Info("Run {0}: {1}, asked for by {2}", order.Run, order.Steering, order.By ?? "the node");
        Handle(new RunInput.Ordered(command), () => Answer(asker));
    }

    private void Answer(IActorRef asker)
    {
        _services.Keep(View()!);
        asker.Tell(View());
    }

    /// <summary>The same options and notes, over what is left.</summary>
    private static StartRun Retry(RunState state, string run)
    {
        var left = RunRules.Left(state);
        return new StartRun(run, state.Kind, state.Select, state.Options, [.. left.Select(item => item.Vm)])
        {
            Notes = [.. left.Select(item => item.Note)],
            RetryOf = state.Id,
        };
    }

    private void Watch(WatchRun order)
    {
        Sender.Tell(View() ?? (object)new NoSuchRun(order.Run));
        if (_live.Run is { IsEnded: false } && _watchers.Add(Sender)) Context.Watch(Sender);
    }

    /// <summary>The outcome of a run that is kept no longer is journalled nowhere: its host may forget it.</summary>
    private void Take(ItemEnded ended)
    {
        if (_live.Run is not null) Handle(new RunInput.ItemEnded(ended.Outcome));
        else if (ended.Vm is { } vm)
        {
            _services.Vms.Tell(new ItemJournalled(vm, ended.Run, ended.Outcome.Item, ended.Outcome.Attempt));
            LeaveWithoutRun();
        }
    }

    private void LeaveWithoutRun()
    {
        if (_live.Run is null) Context.Parent.Tell(new Passivate(PoisonPill.Instance));
    }

    private void Follow(ItemProgress progress)
    {
        if (_live.Run?.Items[progress.Index] is not { State: ItemState.Running } item || item.Attempt != progress.Attempt) return;
        _progress[progress.Index] = progress;
        Changed();
    }

    // ---- persist, then evolve, then answer, then act

    private void Handle(RunInput input, Action? answer = null)
    {
        (_live, var effects) = LiveRunRules.Step(_live, input, _services.Time.GetUtcNow());
        if (effects is not [.., RunEffect.Store]) answer?.Invoke();
        foreach (var effect in effects) Perform(effect, answer);
    }

    /// <summary>Until the journal has answered, whatever else comes waits.</summary>
    private void Store(RunEffect.Store store, Action? answer)
    {
        var left = store.Events.Count;
        PersistAll(store.Events, happened =>
        {
            Happen(happened);
            if (--left > 0) return;
            foreach (var outcome in store.Settled) _progress.Remove(outcome.Item);
            Handle(new RunInput.Stored(store), answer);
            Changed();
            TellAudit();
        });
    }

    private void Perform(RunEffect effect, Action? answer)
    {
        switch (effect)
        {
            case RunEffect.Store e:
                Store(e, answer);
                break;
            case RunEffect.Acknowledge { Outcome: var outcome }:
                _services.Vms.Tell(
                    new ItemJournalled(_live.Run!.Items[outcome.Item].Vm, _live.Run.Id, outcome.Item, outcome.Attempt));
                break;
            case RunEffect.Begin e:
                _services.Vms.Tell(Order(e.Item, e.Resume));
                break;
            case RunEffect.Coordinate e:
                Coordinate(e);
                break;
            case RunEffect.RemindGroup e:
                _groups[e.Group].Tell(new GroupActor.Remind());
                break;
            case RunEffect.TellGroup e:
                _groups[e.Group].Tell(e.Outcome);
                break;
            case RunEffect.StopGroup e:
                _groups[e.Group].Tell(new GroupInput.Stop(ItemState.Cancelled, e.Reason, null));
                break;
            case RunEffect.DismissGroup e:
                _groups.Remove(e.Group, out var coordinator);
                Context.Stop(coordinator);
                break;
            case RunEffect.AbortItem { Item: var item }:
                _services.Vms.Tell(new AbortItem(item.Vm, _live.Run!.Id, item.Index, item.Attempt));
                break;
            case RunEffect.AwaitBatch:
                Timers.StartSingleTimer("gather", new Told(new RunInput.BatchDue()), Gather);
                break;
            case RunEffect.RemindLater:
                Timers.StartSingleTimer("remind", new Told(new RunInput.Remind()), RemindEvery);
                break;
            case RunEffect.LookAt e:
                var after = e.At - _services.Time.GetUtcNow();
                Timers.StartSingleTimer(
                    "look",
                    new Told(new RunInput.Ordered(new RunCommand.Dispatch())),
                    after < TimeSpan.Zero ? TimeSpan.Zero
                        : after > LongestTimer ? LongestTimer
                        : after
                );
                break;
            case RunEffect.End:
                End();
                break;
        }
    }

    private void End()
    {
        var run = _live.Run!;
        // Before anybody hears of the end.
        _services.ForgetSecrets(run.Id);
        ShowAll();
        _services.Keep(View()!);
        if (run.Phase is RunPhase.Partial or RunPhase.Failed) _log.Warning("{0}", RunWords.Ended(run));
        else _log.Info("{0}", RunWords.Ended(run));
        Leave();
    }

    /// <summary>For good, so not before the audit log has all of it: nothing would tell it again.</summary>
    private void Leave()
    {
        if (_live.Run is { IsEnded: true } && !_telling && _untold.Count == 0)
            Context.Parent.Tell(new Passivate(PoisonPill.Instance));
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

    private void AuditTold()
    {
        _telling = false;
        TellAudit();
        Leave();
    }

    // ---- what it tells the hosts

    private StartItem Order(RunItem item, bool resume)
    {
        var run = _live.Run!;
        return new StartItem(item.Vm, run.Id, item.Index, item.Attempt, run.Kind, run.Options, item.DispatchedAt!.Value, resume)
        {
            Group = item.Group,
            Freeze = item.Note.Freeze,
            Secrets = _services.Kind(run.Kind)?.SecretsOf(run.Options) is null ? null : _secrets ??= _services.Secrets(run.Id),
        };
    }

    private void Coordinate(RunEffect.Coordinate e)
    {
        var orders = e.Members.Select(member => Order(member, e.Resume)).ToList();
        if (_groups.TryGetValue(e.Group, out var known)) Context.Stop(known);
        _groups[e.Group] = Context.ActorOf(
            ActorProps.Of(() => new GroupActor(_services, e.Group, orders)), $"group-{orders[0].Item}-{orders[0].Attempt}");
    }

    private void Pass(MemberMoved member)
    {
        if (LiveRunRules.CoordinatorOf(_live, member.Item, member.Attempt) is { } group) _groups[group].Tell(member);
        else if (LiveRunRules.AnswerTo(_live, member.Item, member.Attempt) is { } order)
            _services.Vms.Tell(new OrderMember(_live.Run!.Items[member.Item].Vm, member.Run, member.Item, member.Attempt, order));
    }

    // ---- what others see

    private RunView? View() => _live.Run is { } run
        ? new RunView(RunSummary.Of(run), [.. run.Items.Select(RunItemView.Of)], [.. _progress.Values])
        : null;

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

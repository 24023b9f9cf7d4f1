using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.Event;
using Akka.Persistence;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>
/// One run: persistent, sharded by its id, remembered, so that it goes on by itself after a crash; stopped for good when it
/// has ended. It performs what <see cref="LiveRunRules"/> asks for: what is due is journalled, and only then sent. Two events
/// an item, in batches: one write serves many items. What it tells VMs is in <see cref="ItemOrders"/>, groups in
/// <see cref="GroupCoordinators"/>, those who watch in <see cref="ShownRun"/>, the audit log in <see cref="RunAudit"/>.
/// </summary>
public sealed class RunActor : ReceivePersistentActor, IWithTimers
{
    private sealed record LingeredWithoutRun : INoSerializationVerificationNeeded;

    /// <summary>A run that is gone is remembered by nobody for longer.</summary>
    private static readonly TimeSpan Lingering = TimeSpan.FromMinutes(1);

    private readonly RunServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly RunTimers _timers;
    private readonly ItemOrders _orders;
    private readonly GroupCoordinators _groups;
    private readonly ShownRun _shown;
    private readonly RunAudit _audit;
    private LiveRun _live = LiveRun.Empty;

    public RunActor(RunServices services)
    {
        _services = services;
        _timers = new RunTimers(services.Time, Timers);
        _orders = new ItemOrders(services);
        _groups = new GroupCoordinators(services, _orders, Context);
        _shown = new ShownRun(Context, Timers);
        _audit = new RunAudit(services, Self);

        Recover<RunEvent.RunStarted>(happened => Apply(WithTarget(happened)));
        Recover<RunEvent>(happened =>
        {
            // Of a run whose removal a crash cut short the start is gone, and with it all that the rest would mean.
            if (_live.Run is not null) Apply(happened);
        });
        Recover<RecoveryCompleted>(_ => Continue());

        Command<StartRun>(Start);
        Command<SteerRun>(Steer);
        Command<WatchRun>(Watch);
        Command<DescribeRetry>(m => Sender.Tell(
            _live.Run is { } run ? StartRun.Retrying(run, m.NewRun) : new NoSuchRun(m.Run)));
        Command<LocateRun>(m => Sender.Tell(new RunLocated(m.Run, _services.Host)));
        Command<FindUnsettled>(m => Sender.Tell(UnsettledAttempts.On(m.Vm, _live.Run)));
        Command<LingeredWithoutRun>(_ => LeaveWithoutRun());
        Command<LeaveRun>(_ => Leave());
        Command<ContinueRun>(_ => { });

        Command<ItemEnded>(Settle);
        Command<ItemMoved>(m => Follow(m.Progress));
        Command<MemberMoved>(Pass);
        Command<GroupActor.Ended>(m => Handle(new RunInput.GroupEnded(m.Outcomes)));

        Command<RunTimers.Elapsed>(m => Handle(m.Input));
        Command<HostsAway>(Heed);
        Command<ShownRun.TellDue>(_ => _shown.Tell(_live.Run!, _live.Away));
        Command<Terminated>(m => _shown.Forget(m.ActorRef));
        Command<RunAudit.Appended>(m =>
        {
            foreach (var late in m.Late) EndItem(_live.Run!, late);
            _audit.Continue();
            LeaveAtEnd();
        });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public override string PersistenceId => PersistenceIdOf(Self.Path.Name);

    public static string PersistenceIdOf(string run) => $"run-{run}";

    protected override void PostStop()
    {
        _services.Metrics.Hide(Self.Path.Name);
        base.PostStop();
    }

    public static Props Props(RunServices services) => ActorProps.Of(() => new RunActor(services));

    /// <summary>A coordinator that fails has forgotten its group: this actor begins anew with it, as after a crash, and asks the
    /// members.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

    // ---- from the journal

    private void Apply(RunEvent happened)
    {
        _live = LiveRunRules.Apply(_live, happened);
        _audit.Add(_live.Run!, happened);
    }

    /// <summary>The target follows from the options, so the journal does not hold it.</summary>
    private RunEvent.RunStarted WithTarget(RunEvent.RunStarted started) =>
        _services.Kind(started.Kind) is { } kind
            ? started with
            {
                Target = kind.Target(started.Options),
                LostAs = kind.LostAs,
                RepeatsElsewhere = kind.RepeatsElsewhere,
            }
            : started;

    private void Continue()
    {
        if (_live.Run is null) Timers.StartSingleTimer("nobody", new LingeredWithoutRun(), Lingering);
        WatchHosts();
        if (_live.Run is { } found) _services.Metrics.Show(found);
        // All of them once more: the audit log takes only what it does not have.
        _audit.Append();
        if (_live.Run is { IsEnded: false } run) _log.Info("{0}", RunWords.Continues(run));
        Handle(new RunInput.Recovered());
    }

    // ---- what is asked of it

    private void Start(StartRun order)
    {
        var asker = Sender;
        if (_live.Run is { } known)
        {
            asker.Tell(_shown.View(known, _live.Away));
            return;
        }
        var started = WithTarget(order.ToEvent(_services.Time.GetUtcNow()));
        if (started.Notes?.Any(note => note.Group is not null) == true) started = started with { Spread = _services.Spread };
        Handle(new RunInput.Ordered(new RunCommand.Start(started)), run =>
        {
            _log.Info("{0}", RunWords.Started(run));
            WatchHosts();
            Answer(asker, run);
        });
    }

    private void WatchHosts()
    {
        if (_live.Run is { IsEnded: false } run)
            _services.Hosts?.Tell(new WatchHosts([.. run.Items.Select(item => item.Vm.Host).Distinct()]));
    }

    private void Heed(HostsAway hosts)
    {
        Handle(new RunInput.HostsAway(hosts.Hosts) { Draining = hosts.Draining, Elsewhere = hosts.Elsewhere });
        if (_live.Run is { IsEnded: false } run) _shown.TellLater(run);
    }

    private void Steer(SteerRun order)
    {
        var asker = Sender;
        if (_live.Run is null)
        {
            asker.Tell(new NoSuchRun(order.Run));
            return;
        }
        _log.Info("Run {0}: {1}, asked for by {2}", order.Run, order.Steering, order.By ?? "the node");
        Handle(new RunInput.Ordered(order.ToCommand()), run => Answer(asker, run));
    }

    private void Answer(IActorRef asker, RunState run)
    {
        // Who was answered finds the run by its row, and only this actor writes it: a row never becomes older.
        var (stored, shown) = (_shown.View(run), _shown.View(run, _live.Away));
        _services.Keep(stored).PipeTo(asker, Self, () => shown);
    }

    private void Watch(WatchRun order)
    {
        if (_live.Run is { } run) _shown.Watch(run, _live.Away, Sender);
        else Sender.Tell(new NoSuchRun(order.Run));
    }

    // ---- what its hosts tell

    private void Settle(ItemEnded ended)
    {
        if (_live.Run is { } run)
        {
            if (RunRules.IsLateSuccess(run, ended.Outcome)) _audit.AddLate(run, ended);
            else EndItem(run, ended);
        }
        else if (ended.Vm is not null)
        {
            Acknowledge(ended);
            LeaveWithoutRun();
        }
    }

    private void EndItem(RunState run, ItemEnded ended)
    {
        var isOver = !RunRules.IsUnderWay(run, ended.Outcome.Item, ended.Outcome.Attempt);
        Handle(new RunInput.ItemEnded(ended.Outcome));
        // Of an attempt at a place that its VM has left since.
        if (isOver) Acknowledge(ended);
    }

    /// <summary>To where the outcome is kept.</summary>
    private void Acknowledge(ItemEnded ended)
    {
        if (ended.Vm is { } vm) _orders.Acknowledge(vm, ended.Run, ended.Outcome);
    }

    private void Follow(ItemProgress progress)
    {
        if (_live.Run is { } run && RunRules.IsUnderWay(run, progress.Index, progress.Attempt)) _shown.Learn(run, progress);
    }

    private void Pass(MemberMoved member)
    {
        if (LiveRunRules.CoordinatorOf(_live, member.Item, member.Attempt) is { } group) _groups.Pass(group, member);
        else if (LiveRunRules.AnswerTo(_live, member.Item, member.Attempt) is { } order)
            _orders.Answer(_live.Run!, member, order);
    }

    // ---- persist, then evolve, then answer, then act

    /// <param name="answer">Called when all that the input leads to is journalled.</param>
    private void Handle(RunInput input, Action<RunState>? answer = null)
    {
        (_live, var effects) = LiveRunRules.Step(_live, input, _services.Time.GetUtcNow());
        if (effects is not [.., RunEffect.Store]) answer?.Invoke(_live.Run!);
        foreach (var effect in effects) Perform(effect, answer);
    }

    /// <summary>Until the journal has answered, whatever else comes waits.</summary>
    private void Store(RunEffect.Store store, Action<RunState>? answer)
    {
        var (left, since) = (store.Events.Count, _services.Time.GetTimestamp());
        PersistAll(store.Events, happened =>
        {
            Apply(happened);
            if (--left > 0) return;
            _services.Metrics.JournalWritten(_services.Time.GetElapsedTime(since));
            _services.Metrics.Show(_live.Run!);
            if (store.Settled.Any(outcome => outcome.MovedTo is not null)) WatchHosts();
            _shown.Forget(store.Settled);
            Handle(new RunInput.Stored(store), answer);
            _shown.TellLater(_live.Run!);
            _audit.Append();
        });
    }

    private void Perform(RunEffect effect, Action<RunState>? answer)
    {
        var run = _live.Run!;
        switch (effect)
        {
            case RunEffect.Store e:
                Store(e, answer);
                break;
            case RunEffect.ToVm e:
                _orders.Perform(run, e);
                break;
            case RunEffect.ToGroup e:
                _groups.Perform(run, e);
                break;
            case RunEffect.Wait e:
                _timers.Perform(e);
                break;
            case RunEffect.End:
                End(run);
                break;
        }
    }

    private void End(RunState run)
    {
        _services.Metrics.Ended(run);
        // Before anybody hears of the end.
        _services.ForgetSecrets(run.Id);
        _shown.Tell(run, _live.Away);
        _ = _services.Keep(_shown.View(run));
        if (run.Phase is RunPhase.Partial or RunPhase.Failed) _log.Warning("{0}", RunWords.Ended(run));
        else _log.Info("{0}", RunWords.Ended(run));
        LeaveAtEnd();
    }

    private bool HasEnded => _live.Run is { IsEnded: true } && _audit.IsComplete;

    /// <summary>For good, so not before the audit log has all of it: nothing would tell it again.</summary>
    private void LeaveAtEnd()
    {
        if (HasEnded) AskToLeave();
    }

    private void LeaveWithoutRun()
    {
        if (_live.Run is null) AskToLeave();
    }

    private static void AskToLeave() => Context.Parent.Tell(new Passivate(new LeaveRun()));

    /// <summary>All that came before is answered. A run that was started meanwhile begins anew.</summary>
    private void Leave()
    {
        if (HasEnded || _live.Run is null) Context.Parent.Tell(new RunKeeper.MayLeave());
        Context.Stop(Self);
    }
}

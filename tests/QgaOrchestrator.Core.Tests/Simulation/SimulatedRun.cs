using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Groups;

namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>
/// One run at its journal: the production rules of run, live and group, on a store that is slow, that fails before a write or
/// after it, and that loses nothing that it has acknowledged.
/// </summary>
internal sealed class SimulatedRun(World world, FleetSimulation fleet, SimulatedHost host, RunEvent.RunStarted started)
{
    private readonly List<RunEvent> _journal = [];
    private readonly Queue<Action> _stash = [];
    private readonly Dictionary<string, Coordinator> _groups = new(StringComparer.Ordinal);
    private LiveRun _live = LiveRun.Empty;
    private RunEffect.Store? _underWay;
    private bool _up;
    private int _life;
    private int _look;
    private int _remind;

    public string Id => started.Run;

    /// <summary>The fold of the journal.</summary>
    public RunState? State { get; private set; }

    // ---- its process

    public void Begin()
    {
        if (_up) return;
        (_up, _underWay) = (true, null);
        _life++;
        _live = _journal.Aggregate(LiveRun.Empty, LiveRunRules.Apply);
        world.Tell($"run {Id} begins with {_journal.Count} events");
        if (_live.Run is null) Handle(new RunInput.Ordered(new RunCommand.Start(started)));
        else Handle(new RunInput.Recovered());
        fleet.TellDrains(this);
    }

    /// <summary>A write that is under way has happened, or never will.</summary>
    public void End()
    {
        if (!_up) return;
        (_up, _life) = (false, _life + 1);
        _stash.Clear();
        _groups.Clear();
        if (_underWay is { } write && world.OneIn(2)) Append(write);
        _underWay = null;
    }

    /// <summary>By a fault of ours, or its store's: it begins anew after a while.</summary>
    public void Restart()
    {
        if (!_up) return;
        world.Tell($"run {Id} fails");
        End();
        var life = host.Life;
        world.At(world.Next(100, 3_000), () =>
        {
            if (host.Up && life == host.Life) Begin();
        });
    }

    // ---- what it is told

    public void Steer(RunCommand command)
    {
        world.Tell($"run {Id}: {command.GetType().Name}");
        Handle(new RunInput.Ordered(command));
    }

    public void SeeDrains(IReadOnlyCollection<string> hosts) => Handle(new RunInput.HostsAway([]) { Draining = hosts });

    public void Told(ItemId id, ItemOutcome outcome) => host.Send(() =>
    {
        if (world.Bug == Planted.OtherAttemptsOutcomeTaken && State is { } run)
            outcome = outcome with { Attempt = run.Items[outcome.Item].Attempt };
        Handle(new RunInput.ItemEnded(outcome));
    });

    public void Moved(ItemId id, MemberReport report) => host.Send(() => Later(() =>
    {
        if (LiveRunRules.CoordinatorOf(_live, id.Item, id.Attempt) is { } group)
            _groups[group].Handle(new GroupInput.Reported(id.Item, report));
        else if (LiveRunRules.AnswerTo(_live, id.Item, id.Attempt) is { } order) Say(id, order);
    }));

    /// <summary>Until the journal has answered, whatever else comes waits.</summary>
    private void Later(Action act)
    {
        if (!_up) return;
        if (_underWay is not null) _stash.Enqueue(act);
        else act();
    }

    private void Handle(RunInput input) => Later(() => Step(input));

    private void Step(RunInput input)
    {
        (_live, var effects) = LiveRunRules.Step(_live, input, world.Moment.Utc);
        foreach (var effect in effects) Perform(effect);
    }

    // ---- its store

    private void Store(RunEffect.Store store)
    {
        var life = _life;
        var write = world.Bug == Planted.BudgetOverlooked ? Hasty(store) : store;
        if (world.Bug == Planted.SentBeforeItIsJournalled)
        {
            var (_, hasty) = LiveRunRules.Step(
                store.Events.Aggregate(_live, LiveRunRules.Apply), new RunInput.Stored(store), world.Moment.Utc);
            foreach (var begin in hasty.OfType<RunEffect.Begin>()) Perform(begin);
        }
        _underWay = write;
        var fate = world.Next(0, 40);
        world.At(world.Slow(1, 20, 5_000), () =>
        {
            if (life != _life) return;
            _underWay = null;
            if (fate != 0) Append(write);
            if (fate is 0 or 1)
            {
                Restart();
                return;
            }
            _live = write.Events.Aggregate(_live, LiveRunRules.Apply);
            Step(new RunInput.Stored(write));
            while (_up && _underWay is null && _stash.TryDequeue(out var next)) next();
        });
    }

    private void Append(RunEffect.Store write)
    {
        foreach (var happened in write.Events)
        {
            if (State is { } before) fleet.Check(before, happened);
            _journal.Add(happened);
            State = RunRules.Evolve(State, happened);
        }
    }

    /// <summary>The planted bug: a place that becomes free is taken before anybody counts who has failed.</summary>
    private RunEffect.Store Hasty(RunEffect.Store store)
    {
        if (store.Events is not [RunEvent.ItemsSettled settled, ..] || _live.Run is not { } run) return store;
        var after = RunRules.Evolve(run, settled);
        var pending = after.Items.FirstOrDefault(item => item is { State: ItemState.Pending, Group: null });
        return pending is null || after.Abort is not null || store.Events.Any(e => e is RunEvent.ItemsDispatched)
            ? store
            : store with
            {
                Events =
                [
                    settled,
                    new RunEvent.ItemsDispatched([new ItemAttempt(pending.Index, pending.Attempt + 1)], world.Moment.Utc),
                ],
            };
    }

    // ---- what it wants done

    private void Perform(RunEffect effect)
    {
        switch (effect)
        {
            case RunEffect.Store e:
                Store(e);
                break;
            case RunEffect.Acknowledge { Outcome: var outcome }:
                var settled = State!.Items[outcome.Item].Vm;
                fleet.Vm(settled).Host.Send(() => fleet.Vm(settled).Journalled(new ItemId(Id, outcome.Item, outcome.Attempt)));
                break;
            case RunEffect.Begin e:
                Send(e.Item, e.Resume);
                break;
            case RunEffect.Coordinate e:
                _groups[e.Group] = new Coordinator(this, e.Group, e.Members, e.Resume);
                _groups[e.Group].Handle(new GroupInput.Begin());
                break;
            case RunEffect.RemindGroup e:
                _groups[e.Group].Remind();
                break;
            case RunEffect.TellGroup e:
                _groups[e.Group].Handle(new GroupInput.MemberEnded(e.Outcome));
                break;
            case RunEffect.StopGroup e:
                _groups[e.Group].Handle(new GroupInput.Stop(ItemState.Cancelled, e.Reason, null));
                break;
            case RunEffect.DismissGroup e:
                _groups.Remove(e.Group);
                break;
            case RunEffect.AbortItem { Item: var item }:
                fleet.Vm(item.Vm).Host.Send(() => fleet.Vm(item.Vm).Abort(new ItemId(Id, item.Index, item.Attempt)));
                break;
            case RunEffect.AwaitBatch:
                At(100, () => Step(new RunInput.BatchDue()));
                break;
            case RunEffect.RemindLater:
                var remind = ++_remind;
                At(30_000, () =>
                {
                    if (remind == _remind) Step(new RunInput.Remind());
                });
                break;
            case RunEffect.LookAt e:
                var look = ++_look;
                At((e.At - world.Moment.Utc).TotalMilliseconds, () =>
                {
                    if (look == _look) Step(new RunInput.Look());
                });
                break;
        }
    }

    private void At(double after, Action act)
    {
        var life = _life;
        world.At(after, () =>
        {
            if (life == _life) Later(act);
        });
    }

    private void Send(RunItem item, bool resume)
    {
        if (State is null || State.Items[item.Index].Attempt < item.Attempt)
            world.Break($"{item.Vm.Name} was sent attempt {item.Attempt} of run {Id}, which is not journalled");
        if (world.Bug == Planted.OrderRepeatedAsNew) resume = false;
        var vm = fleet.Vm(item.Vm);
        var order = new SimulatedOrder(
            new ItemId(Id, item.Index, item.Attempt), started.Kind, started.Options, item.Group, resume);
        vm.Host.Send(() => vm.Order(order), comesAgain: resume);
    }

    private void Say(ItemId id, GroupOrder order)
    {
        var vm = fleet.Vm(State!.Items[id.Item].Vm);
        vm.Host.Send(() => vm.Obey(id, order));
    }

    /// <summary>One attempt of a group, as GroupActor performs it: volatile, and a child of its run.</summary>
    private sealed class Coordinator
    {
        private readonly SimulatedRun _run;
        private readonly IReadOnlyList<RunItem> _members;
        private readonly bool _resume;
        private readonly int _life;
        private GroupState _state;

        public Coordinator(SimulatedRun run, string name, IReadOnlyList<RunItem> members, bool resume)
        {
            (_run, _members, _resume, _life) = (run, members, resume, run._life);
            _state = new GroupState(
                name,
                TimeSpan.FromSeconds(5),
                [.. members.Select(member => new GroupMember(member.Index, member.Vm.Name, member.Attempt))]
            )
            { Resumed = resume };
        }

        public void Handle(GroupInput input)
        {
            (_state, var effects) = GroupRules.Step(_state, input, _run.World.Moment);
            foreach (var effect in effects) Perform(effect);
        }

        /// <summary>A message may have been lost.</summary>
        public void Remind()
        {
            foreach (var member in _state.Members.Take(_state.Begun).Where(member => member.Outcome is null))
                _run.Send(Item(member.Item), resume: true);
        }

        private RunItem Item(int index) => _members.First(member => member.Index == index);

        private void Perform(GroupEffect effect)
        {
            switch (effect)
            {
                case GroupEffect.Start e:
                    _run.Send(Item(e.Item), _resume);
                    break;
                case GroupEffect.Tell e:
                    _run.Say(new ItemId(_run.Id, e.Item, Item(e.Item).Attempt), e.Order);
                    break;
                case GroupEffect.ArmSpread e:
                    _run.At(e.After.TotalMilliseconds, () =>
                    {
                        if (_run._groups.ContainsValue(this)) Handle(new GroupInput.SpreadPassed());
                    });
                    break;
                case GroupEffect.End e:
                    _run.At(0, () => _run.Step(new RunInput.GroupEnded(e.Outcomes)));
                    break;
            }
        }
    }

    private World World => world;
}

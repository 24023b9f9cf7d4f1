using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Core.Runs;

/// <summary>What may be asked of a run.</summary>
public abstract record RunCommand
{
    private RunCommand() { }

    public sealed record Start(RunEvent.RunStarted Started) : RunCommand;

    /// <summary>Dispatch what is due.</summary>
    /// <param name="Away">Hosts that cannot be reached.</param>
    public sealed record Dispatch(AwayHosts Away) : RunCommand;

    /// <param name="By">The token's name.</param>
    public sealed record Pause(string? By = null) : RunCommand;

    /// <param name="By">The token's name.</param>
    public sealed record Resume(string? By = null) : RunCommand;

    /// <param name="Reason">Who or what wants it, in words.</param>
    /// <param name="Wait">Items under way go on to their end.</param>
    /// <param name="By">The token's name.</param>
    public sealed record Abort(string Reason, bool Wait, string? By = null) : RunCommand;

    /// <summary>These attempts have ended.</summary>
    public sealed record Settle(IReadOnlyList<ItemOutcome> Outcomes) : RunCommand;
}

/// <summary>
/// The rollout engine. <see cref="Decide"/> says which events a command leads to, <see cref="Evolve"/> folds one,
/// <see cref="Due"/> says from the state alone what should be under way: the same before and after a restart.
/// </summary>
public static class RunRules
{
    /// <summary>Attempts that our own crashes may cost an item.</summary>
    public const int MaxAttempts = 5;

    /// <summary>Items in one event, so that it stays a small row of the journal.</summary>
    public const int BatchLimit = 200;

    public static IReadOnlyList<RunEvent> Decide(RunState? state, RunCommand command, DateTimeOffset now) =>
        (state, command) switch
        {
            (null, RunCommand.Start c) => [c.Started],
            (not null, RunCommand.Start) => [],
            ({ } s, RunCommand.Settle c) => Settle(s, c.Outcomes, now),
            ({ IsEnded: false, IsPaused: false, Abort: null }, RunCommand.Pause c) => [new RunEvent.RunPaused(now) { By = c.By }],
            ({ IsEnded: false, IsPaused: true, Abort: null }, RunCommand.Resume c) =>
                [new RunEvent.RunResumed(now) { By = c.By }],
            ({ IsEnded: false } s, RunCommand.Abort c) when s.Abort is null || (s.Abort.Wait && !c.Wait) =>
                [new RunEvent.RunAborted(c.Reason, c.Wait, now) { By = c.By }],
            (_, RunCommand.Pause or RunCommand.Resume or RunCommand.Abort) => [],
            ({ } s, RunCommand.Dispatch c) => Due(s, now, c.Away) switch
            {
                { Overdue: true } =>
                    [new RunEvent.RunAborted($"its deadline of {s.Options.Deadline:c} has passed", Wait: false, now)],
                { Finish: { } end } => [new RunEvent.RunFinished(end, Reason(s), now)],
                { Dispatch: { Count: > 0 } items } => [new RunEvent.ItemsDispatched(items, now)],
                { GiveUp: { Count: > 0 } items } =>
                [
                    new RunEvent.ItemsDispatched(items, now),
                    new RunEvent.ItemsSettled(RunDispatch.GivenUp(s, items, c.Away, now), now),
                ],
                _ => [],
            },
            (null, _) => throw new InvalidOperationException($"{command} came before the run was started"),
            _ => throw new InvalidOperationException($"No rule for {command}"),
        };

    public static RunState Evolve(RunState? state, RunEvent happened) => (state, happened) switch
    {
        (null, RunEvent.RunStarted e) => Started(e),
        ({ IsEnded: false } s, RunEvent.ItemsDispatched e) => Later(s, e.At, at => Dispatched(s, e with { At = at })),
        ({ IsEnded: false } s, RunEvent.ItemsSettled e) => Later(s, e.At, at => Settled(s, e with { At = at })),
        ({ IsEnded: false } s, RunEvent.RunPaused) => Phased(s with { IsPaused = true }),
        ({ IsEnded: false } s, RunEvent.RunResumed) => Phased(s with { IsPaused = false }),
        ({ IsEnded: false } s, RunEvent.RunAborted e) => Phased(s with { Abort = e, Reason = e.Reason }),
        ({ IsEnded: false } s, RunEvent.RunFinished e) => Later(s, e.At, at => Finished(s, e with { At = at })),
        _ =>
            throw new InvalidOperationException(
                $"{happened.GetType().Name} cannot follow {state?.Phase.ToString() ?? "nothing"}"),
    };

    /// <summary>What should begin now: attempts to dispatch, or the run's end; and when to look again.</summary>
    public static RunDue Due(RunState state, DateTimeOffset now, AwayHosts away)
    {
        var (due, end) = Look(state, now);
        if (end is not { } until) return due;
        var (begin, giveUp) = RunDispatch.Next(state, until, now, away);
        return due with { Dispatch = begin, GiveUp = giveUp };
    }

    /// <summary>When something is due by the clock alone. What could begin now is not looked for.</summary>
    public static DateTimeOffset? Again(RunState state, DateTimeOffset now, AwayHosts away)
    {
        var due = Look(state, now).Due.Again;
        var givenUp = away.NextGivenUp(state.Options.UnreachableAfter, now);
        return due is null || givenUp < due ? givenUp ?? due : due;
    }

    /// <returns>What is due without attempts, and the index where those end that may begin; null: none may.</returns>
    private static (RunDue Due, int? End) Look(RunState state, DateTimeOffset now)
    {
        if (state.IsEnded) return (RunDue.Nothing, null);
        var stopped = state.Abort is not null || IsOverBudget(state) || Waves.CanaryFailed(state);
        if (state.Counts.Running == 0 && (stopped || state.Counts.Pending == 0))
            return (RunDue.Nothing with { Finish = End(state) }, null);

        var deadline = state is { Abort: null, Options.Deadline: { } limit }
            ? Duration.After(state.StartedAt, limit)
            : (DateTimeOffset?)null;
        if (deadline <= now) return (RunDue.Nothing with { Overdue = true }, null);
        if (stopped || state.IsPaused) return (RunDue.Nothing with { Again = deadline }, null);

        var (wave, begins) = Waves.Current(state, now);
        var again = begins < deadline || deadline is null ? begins ?? deadline : deadline;
        return (RunDue.Nothing with { Again = again }, begins is null ? state.Waves[wave].End : null);
    }

    /// <summary>The members of an item's group, in the order of their VMs' identities; the item alone where it has
    /// none.</summary>
    public static IReadOnlyList<RunItem> Members(RunState state, RunItem item) => item.Group is null
        ? [item]
        : [.. state.Groups[item.Group].Select(index => state.Items[index])];

    /// <summary>What a retry of this run takes: all that has not succeeded; a group has one point, so it is taken
    /// whole.</summary>
    public static IReadOnlyList<RunItem> Left(RunState state) =>
        [.. state.Items.Where(item => Members(state, item).Any(member => member.State != ItemState.Succeeded))];

    /// <summary>More have failed, or were unreachable, than the run allows: nothing more is dispatched.</summary>
    public static bool IsOverBudget(RunState state) =>
        state.Counts.Failed + state.Counts.Unknown > state.Options.MaxFailures.Of(state.Counts.Total)
        || state.Counts.Unreachable > state.Options.MaxUnreachable.Of(state.Counts.Total);

    /// <summary>Attempts that are under way as far as the journal knows: after a restart their hosts are asked.</summary>
    public static IEnumerable<RunItem> UnderWay(RunState state) => state.Items.Where(item => item.State == ItemState.Running);

    /// <summary>Whether this very attempt is: what is told of another one, or of an item that there is not, counts no
    /// more.</summary>
    public static bool IsUnderWay(RunState state, int item, int attempt) =>
        item >= 0
        && item < state.Items.Count
        && state.Items[item] is { State: ItemState.Running } found
        && found.Attempt == attempt;

    /// <summary>Whether an attempt has succeeded that the run has given up: what it made is there, and the run's count stays as
    /// it is. A check makes nothing.</summary>
    public static bool IsLateSuccess(RunState state, ItemOutcome outcome) =>
        outcome.State == ItemState.Succeeded
        && !state.Options.DryRun
        && outcome.Item >= 0
        && outcome.Item < state.Items.Count
        && !IsUnderWay(state, outcome.Item, outcome.Attempt)
        && !(state.Items[outcome.Item].Outcome is { State: ItemState.Succeeded } known && known.Attempt == outcome.Attempt);

    /// <summary>A repeat, or an answer to an attempt that is no longer under way, leads to nothing.</summary>
    private static IReadOnlyList<RunEvent> Settle(RunState state, IReadOnlyList<ItemOutcome> outcomes, DateTimeOffset now)
    {
        var fresh = outcomes.Where(o => IsUnderWay(state, o.Item, o.Attempt)).DistinctBy(o => o.Item).Select(o => Limit(state, o))
            .ToDictionary(o => o.Item);
        // A group's members end together, or none has ended yet.
        var whole = fresh.Values.Where(o => Members(state, state.Items[o.Item]).All(member => fresh.ContainsKey(member.Index)))
            .Select(o => Together(o, [.. Members(state, state.Items[o.Item]).Select(member => fresh[member.Index])])).ToList();
        return whole.Count == 0 ? [] : [new RunEvent.ItemsSettled(whole, now)];
    }

    /// <summary>A group is tried again whole or not at all, since its members keep one attempt: where one was interrupted and
    /// another has failed, the group has failed; where the others succeeded, all begin again.</summary>
    private static ItemOutcome Together(ItemOutcome outcome, IReadOnlyList<ItemOutcome> group)
    {
        if (group.All(other => other.State != ItemState.Interrupted)) return outcome;
        var again = group.All(other => other.State is ItemState.Interrupted or ItemState.Succeeded);
        return outcome.State switch
        {
            ItemState.Succeeded when again =>
                outcome with { State = ItemState.Interrupted, Reason = "another VM of its group was interrupted" },
            ItemState.Interrupted when !again =>
                outcome with { State = ItemState.Failed, Reason = $"{outcome.Reason}, and another VM of its group has failed" },
            _ => outcome,
        };
    }

    /// <summary>Who was interrupted begins again, but not for ever, and not in a run that was aborted. Of an attempt whose VM has
    /// moved away nobody knows how far it came: it is repeated where the VM is, if its kind may be.</summary>
    private static ItemOutcome Limit(RunState state, ItemOutcome outcome) => outcome switch
    {
        { State: ItemState.Unreachable, MovedTo: not null } => Limit(
            state, outcome with { State = state.RepeatsElsewhere ? ItemState.Interrupted : ItemState.Unknown }),
        { State: ItemState.Interrupted } when state.Abort is not null => outcome with { State = ItemState.Cancelled },
        { State: ItemState.Interrupted, Attempt: >= MaxAttempts } =>
            outcome with { State = ItemState.Failed, Reason = $"{outcome.Reason}, as in each of {MaxAttempts} attempts" },
        _ => outcome,
    };

    private static RunState Started(RunEvent.RunStarted e)
    {
        RunItem[] items = [.. e.Targets.Select((vm, i) => new RunItem(i, vm, ItemState.Pending, e.Notes?[i] ?? NoNote))];
        var run = new RunState
        {
            Id = e.Run,
            Kind = e.Kind,
            Select = e.Select,
            Options = e.Options,
            Target = e.Target,
            LostAs = e.LostAs,
            RepeatsElsewhere = e.RepeatsElsewhere,
            Spread = e.Spread,
            StartedAt = e.At,
            RetryOf = e.RetryOf,
            StartedBy = e.StartedBy,
            Items = RunItems.Of(items),
            Groups = items.Where(item => item.Group is not null).GroupBy(item => item.Group!).ToDictionary(
                group => group.Key,
                IReadOnlyList<int> (group) =>
                    [.. group.OrderBy(item => item.Vm.Entity, StringComparer.Ordinal).Select(item => item.Index)]),
            Waves = Waves.Planned(e.Options, items),
            Counts = new RunCounts { Total = items.Length, Pending = items.Length },
            RunningBy = new Dictionary<string, int>(),
        };
        return run with { Lanes = RunLanes.Planned(run) };
    }

    private static readonly TargetNote NoNote = new();

    /// <summary>The phase of a run that has not ended follows from what was asked of it and what is under way.</summary>
    private static RunState Phased(RunState state) => state with
    {
        Phase = state switch
        {
            { Abort: not null } => RunPhase.Aborting,
            { IsPaused: true, Counts.Running: > 0 } => RunPhase.Pausing,
            { IsPaused: true } => RunPhase.Paused,
            _ => RunPhase.Running,
        },
    };

    /// <summary>No change is shown earlier than the one before it, whatever the clocks of the hosts say where the run has been:
    /// who watches asks for what came after the last change that he saw.</summary>
    private static RunState Later(RunState state, DateTimeOffset at, Func<DateTimeOffset, RunState> fold)
    {
        var shown = at > state.ChangedAt ? at : state.ChangedAt;
        return fold(shown) with { ChangedAt = shown };
    }

    private static RunState Dispatched(RunState state, RunEvent.ItemsDispatched e)
    {
        var fold = new ItemChanges(state);
        foreach (var (index, attempt) in e.Items)
        {
            var item = fold.Require(index, ItemState.Pending, attempt - 1);
            fold.Put(
                item with
                {
                    State = ItemState.Running,
                    Attempt = attempt,
                    DispatchedAt = e.At,
                    SettledAt = null,
                    Outcome = null,
                }
            );
        }
        return fold.ToState();
    }

    private static RunState Settled(RunState state, RunEvent.ItemsSettled e)
    {
        var fold = new ItemChanges(state);
        foreach (var outcome in e.Outcomes)
        {
            var item = fold.Require(outcome.Item, ItemState.Running, outcome.Attempt);
            var rests = outcome.State == ItemState.Interrupted ? ItemState.Pending : outcome.State;
            fold.Put(item with { State = rests, SettledAt = e.At, Outcome = outcome });
        }
        return Phased(Followed(fold.ToState(), e.Outcomes));
    }

    /// <summary>What begins again does so where its VM is now.</summary>
    private static RunState Followed(RunState state, IReadOnlyList<ItemOutcome> outcomes)
    {
        if (outcomes.All(outcome => outcome is not { MovedTo: not null, State: ItemState.Interrupted })) return state;
        var fold = new ItemChanges(state);
        foreach (var outcome in outcomes)
            if (outcome is { MovedTo: { } place, State: ItemState.Interrupted })
                fold.Put(state.Items[outcome.Item] with { Vm = place });
        var moved = fold.ToState();
        return moved with { Lanes = RunLanes.Planned(moved) };
    }

    private static RunState Finished(RunState state, RunEvent.RunFinished e)
    {
        var fold = new ItemChanges(state);
        foreach (var item in state.Items.Where(i => i.State == ItemState.Pending))
            fold.Put(item with { State = ItemState.Cancelled });
        return fold.ToState() with { Phase = e.Phase, Reason = e.Reason, EndedAt = e.At };
    }

    private static RunPhase End(RunState state) => state.Counts switch
    {
        { } when state is { Abort: not null } && state.Counts.Succeeded < state.Counts.Total => RunPhase.Aborted,
        var c when c.Succeeded == c.Total => RunPhase.Succeeded,
        var c when c.Succeeded == 0 || IsOverBudget(state) => RunPhase.Failed,
        _ => RunPhase.Partial,
    };

    private static string? Reason(RunState state)
    {
        var (counts, options) = (state.Counts, state.Options);
        if (state.Abort is { } abort) return abort.Reason;
        if (counts.Failed + counts.Unknown > options.MaxFailures.Of(counts.Total))
            return $"{counts.Failed + counts.Unknown} of {counts.Total} failed, more than maxFailures {options.MaxFailures}";
        if (counts.Unreachable > options.MaxUnreachable.Of(counts.Total))
            return $"{counts.Unreachable} of {counts.Total} were unreachable, more than maxUnreachable {options.MaxUnreachable}";
        if (Waves.CanaryFailed(state)) return "no VM of the canary succeeded";
        return null;
    }
}

/// <summary>What is due in a run.</summary>
/// <param name="Dispatch">Attempts that may begin.</param>
/// <param name="Finish">The run's last state, where nothing is left to do.</param>
/// <param name="Again">When something is due by the clock alone: the end of a soak, or the deadline.</param>
/// <param name="Overdue">The deadline has passed.</param>
public sealed record RunDue(IReadOnlyList<ItemAttempt> Dispatch, RunPhase? Finish, DateTimeOffset? Again, bool Overdue = false)
{
    /// <summary>Attempts that end unreachable without having begun.</summary>
    public IReadOnlyList<ItemAttempt> GiveUp { get; init; } = [];

    public static readonly RunDue Nothing = new([], null, null);
}

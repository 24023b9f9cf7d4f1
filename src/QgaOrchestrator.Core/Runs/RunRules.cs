namespace QgaOrchestrator.Core.Runs;

/// <summary>What may be asked of a run.</summary>
public abstract record RunCommand
{
    private RunCommand() { }

    public sealed record Start(RunEvent.RunStarted Started) : RunCommand;

    /// <summary>Dispatch what is due.</summary>
    public sealed record Dispatch : RunCommand;

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

    public static IReadOnlyList<RunEvent> Decide(RunState? state, RunCommand command, DateTimeOffset now) => (state, command) switch
    {
        (null, RunCommand.Start c) => [c.Started],
        (not null, RunCommand.Start) => [],
        ({ } s, RunCommand.Settle c) => Settle(s, c.Outcomes, now),
        ({ } s, RunCommand.Dispatch) => Due(s) switch
        {
            { Finish: { } end } => [new RunEvent.RunFinished(end, Reason(s), now)],
            { Dispatch: { Count: > 0 } items } => [new RunEvent.ItemsDispatched(items, now)],
            _ => [],
        },
        (null, _) => throw new InvalidOperationException($"{command} came before the run was started"),
        _ => throw new InvalidOperationException($"No rule for {command}"),
    };

    public static RunState Evolve(RunState? state, RunEvent happened) => (state, happened) switch
    {
        (null, RunEvent.RunStarted e) => Started(e),
        ({ IsEnded: false } s, RunEvent.ItemsDispatched e) => Dispatched(s, e),
        ({ IsEnded: false } s, RunEvent.ItemsSettled e) => Settled(s, e),
        ({ IsEnded: false } s, RunEvent.RunFinished e) => Finished(s, e),
        _ => throw new InvalidOperationException($"{happened.GetType().Name} cannot follow {state?.Phase.ToString() ?? "nothing"}"),
    };

    /// <summary>What should begin now: attempts to dispatch, or the run's end.</summary>
    public static RunDue Due(RunState state)
    {
        if (state.IsEnded) return RunDue.Nothing;
        var stopped = IsOverBudget(state);
        if (state.Counts.Running == 0 && (stopped || state.Counts.Pending == 0)) return new RunDue([], End(state));
        return stopped ? RunDue.Nothing : new RunDue(Next(state), null);
    }

    /// <summary>More have failed, or were unreachable, than the run allows: nothing more is dispatched.</summary>
    public static bool IsOverBudget(RunState state) =>
        state.Counts.Failed + state.Counts.Unknown > state.Options.MaxFailures.Of(state.Counts.Total)
        || state.Counts.Unreachable > state.Options.MaxUnreachable.Of(state.Counts.Total);

    /// <summary>Attempts that are under way as far as the journal knows: after a restart their hosts are asked.</summary>
    public static IEnumerable<RunItem> UnderWay(RunState state) => state.Items.Where(item => item.State == ItemState.Running);

    private static List<ItemAttempt> Next(RunState state)
    {
        var next = new List<ItemAttempt>();
        var room = Math.Min(state.Options.MaxParallel - state.Counts.Running, BatchLimit);
        var hosts = new Dictionary<string, int>(state.RunningOn);
        for (var i = state.FirstPending; i < state.Items.Count && next.Count < room; i++)
        {
            var item = state.Items[i];
            if (item.State != ItemState.Pending) continue;
            var onHost = hosts.GetValueOrDefault(item.Vm.Host);
            if (onHost >= (state.Options.MaxParallelPerHost ?? int.MaxValue)) continue;
            hosts[item.Vm.Host] = onHost + 1;
            next.Add(new ItemAttempt(i, item.Attempt + 1));
        }
        return next;
    }

    /// <summary>A repeat, or an answer to an attempt that is no longer under way, leads to nothing.</summary>
    private static IReadOnlyList<RunEvent> Settle(RunState state, IReadOnlyList<ItemOutcome> outcomes, DateTimeOffset now)
    {
        var fresh = outcomes.Where(o => IsUnderWay(state, o)).DistinctBy(o => o.Item).Select(LimitAttempts).ToList();
        return fresh.Count == 0 ? [] : [new RunEvent.ItemsSettled(fresh, now)];
    }

    private static bool IsUnderWay(RunState state, ItemOutcome outcome) =>
        !state.IsEnded && outcome.Item >= 0 && outcome.Item < state.Items.Count
        && state.Items[outcome.Item] is { State: ItemState.Running } item && item.Attempt == outcome.Attempt;

    private static ItemOutcome LimitAttempts(ItemOutcome outcome) => outcome is { State: ItemState.Interrupted, Attempt: >= MaxAttempts }
        ? outcome with { State = ItemState.Failed, Reason = $"{outcome.Reason}, as in each of {MaxAttempts} attempts" }
        : outcome;

    private static RunState Started(RunEvent.RunStarted e) => new()
    {
        Id = e.Run,
        Kind = e.Kind,
        Select = e.Select,
        Options = e.Options,
        StartedAt = e.At,
        RetryOf = e.RetryOf,
        Items = [.. e.Targets.Select((vm, i) => new RunItem(i, vm, ItemState.Pending))],
        Counts = new RunCounts { Total = e.Targets.Count, Pending = e.Targets.Count },
        RunningOn = new Dictionary<string, int>(),
    };

    private static RunState Dispatched(RunState state, RunEvent.ItemsDispatched e)
    {
        var fold = new Fold(state);
        foreach (var (index, attempt) in e.Items)
        {
            var item = fold.Require(index, ItemState.Pending, attempt - 1);
            fold.Put(item with { State = ItemState.Running, Attempt = attempt, DispatchedAt = e.At, SettledAt = null, Outcome = null });
        }
        return fold.ToState();
    }

    private static RunState Settled(RunState state, RunEvent.ItemsSettled e)
    {
        var fold = new Fold(state);
        foreach (var outcome in e.Outcomes)
        {
            var item = fold.Require(outcome.Item, ItemState.Running, outcome.Attempt);
            var rests = outcome.State == ItemState.Interrupted ? ItemState.Pending : outcome.State;
            fold.Put(item with { State = rests, SettledAt = e.At, Outcome = outcome });
        }
        return fold.ToState();
    }

    private static RunState Finished(RunState state, RunEvent.RunFinished e)
    {
        var fold = new Fold(state);
        foreach (var item in state.Items.Where(i => i.State == ItemState.Pending))
            fold.Put(item with { State = ItemState.Cancelled });
        return fold.ToState() with { Phase = e.Phase, Reason = e.Reason, EndedAt = e.At };
    }

    private static RunPhase End(RunState state) => state.Counts switch
    {
        var c when c.Succeeded == c.Total => RunPhase.Succeeded,
        var c when c.Succeeded == 0 || IsOverBudget(state) => RunPhase.Failed,
        _ => RunPhase.Partial,
    };

    private static string? Reason(RunState state)
    {
        var (counts, options) = (state.Counts, state.Options);
        if (counts.Failed + counts.Unknown > options.MaxFailures.Of(counts.Total))
            return $"{counts.Failed + counts.Unknown} of {counts.Total} failed, more than maxFailures {options.MaxFailures}";
        if (counts.Unreachable > options.MaxUnreachable.Of(counts.Total))
            return $"{counts.Unreachable} of {counts.Total} were unreachable, more than maxUnreachable {options.MaxUnreachable}";
        return null;
    }
}

/// <summary>What is due in a run.</summary>
/// <param name="Dispatch">Attempts that may begin.</param>
/// <param name="Finish">The run's last state, where nothing is left to do.</param>
public sealed record RunDue(IReadOnlyList<ItemAttempt> Dispatch, RunPhase? Finish)
{
    public static readonly RunDue Nothing = new([], null);
}

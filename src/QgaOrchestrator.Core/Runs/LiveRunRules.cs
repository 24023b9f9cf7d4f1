using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs.Groups;

namespace QgaOrchestrator.Core.Runs;

/// <summary>
/// How a run works: what it journals together, what it sends once that is journalled, what it sends again after a crash or a
/// lost message, and which outcomes it acknowledges. What is due it asks <see cref="RunRules"/>.
/// </summary>
public static class LiveRunRules
{
    /// <summary>At least so many outcomes are written at once, and of a run that has many items under way a part of these: then a
    /// write costs each of them little, and the others keep the guests busy meanwhile.</summary>
    private const int SmallestBatch = 5, BatchPart = 4;

    public static (LiveRun Live, IReadOnlyList<RunEffect> Effects) Step(LiveRun live, RunInput input, DateTimeOffset now) =>
        (input, live.Run) switch
        {
            (RunInput.Ordered i, _) => Store(live, i.Command, [], now),
            (RunInput.HostsAway i, var run) =>
                HostsAway(live with { Away = live.Away.Seen(i.Hosts, i.Draining, i.Elsewhere, now) }, live.Away, run, now),
            (RunInput.Stored i, _) => Stored(live, i.What, now),
            (_, null) => (live, []),
            (RunInput.Recovered, { IsEnded: true }) => (live, [new RunEffect.End()]),
            (RunInput.Recovered, { } run) => Recover(live, run, now),
            (RunInput.Remind, { IsEnded: false } run) => Remind(live, run),
            (RunInput.Remind, _) => (live, []),
            (RunInput.ItemEnded i, { } run) => Ended(live, run, i.Outcome, now),
            (RunInput.GroupEnded i, { } run) => Batch(live, run, i.Outcomes, now),
            (RunInput.BatchDue, _) => Settle(live, now),
            (RunInput.Look, { IsEnded: false } run) => Look(live, run, now),
            (RunInput.Look, _) => (live, []),
            _ => throw new InvalidOperationException($"No rule for {input}"),
        };

    /// <summary>An event is in the journal: read from it, or written just now.</summary>
    public static LiveRun Apply(LiveRun live, RunEvent happened) => live with { Run = RunRules.Evolve(live.Run, happened) };

    /// <summary>The group whose coordinator an attempt is a matter for; null: the attempt is not under way, or nobody coordinates
    /// it.</summary>
    public static string? CoordinatorOf(LiveRun live, int item, int attempt) =>
        live.Run is { } run
        && RunRules.IsUnderWay(run, item, attempt)
        && run.Items[item].Group is { } group
        && live.Coordinated.Contains(group)
            ? group
            : null;

    /// <summary>
    /// What a group's member is told that still waits for its group's word, though its attempt is settled: the outcomes were
    /// late, and came after a crash had it begin to look. Null: the attempt is under way.
    /// </summary>
    public static GroupOrder? AnswerTo(LiveRun live, int item, int attempt) =>
        live.Run is not { } run || item < 0 || item >= run.Items.Count || RunRules.IsUnderWay(run, item, attempt)
        ? null
        : run.Items[item] switch
        {
            { State: ItemState.Succeeded } found when found.Attempt == attempt => new GroupOrder(GroupStep.End),
            _ => new GroupOrder(GroupStep.Void, Voided: ItemOutcome.Interrupted(item, attempt, "its attempt is settled")),
        };

    /// <summary>Everything that a command leads to, and what is due after it: outcomes with the items that take their
    /// places.</summary>
    private static List<RunEvent> Consequences(RunState? state, RunCommand command, AwayHosts away, DateTimeOffset now)
    {
        List<RunEvent> events = [.. RunRules.Decide(state, command, now)];
        state = events.Aggregate(state, RunRules.Evolve);
        while (state is { IsEnded: false } && RunRules.Decide(state, new RunCommand.Dispatch(away), now) is { Count: > 0 } due)
        {
            events.AddRange(due);
            state = due.Aggregate(state, RunRules.Evolve);
        }
        return events;
    }

    private static (LiveRun, IReadOnlyList<RunEffect>) Store(
        LiveRun live, RunCommand command, IReadOnlyList<ItemOutcome> settled, DateTimeOffset now)
    {
        var events = Consequences(live.Run, command, live.Away, now);
        if (events.Count > 0) return (live, [new RunEffect.Store(events, settled)]);
        var effects = new List<RunEffect>();
        live = Acknowledge(live, settled, effects);
        effects.AddRange(LookAgain(live, now));
        return (live, effects);
    }

    /// <summary>Sends what is journalled, and only that.</summary>
    private static (LiveRun, IReadOnlyList<RunEffect>) Stored(LiveRun live, RunEffect.Store stored, DateTimeOffset now)
    {
        var run = live.Run!;
        var effects = new List<RunEffect>();
        live = Acknowledge(live, stored.Settled, effects);
        if (stored.Events.OfType<RunEvent.RunStarted>().Any()) effects.Add(new RunEffect.RemindLater());
        foreach (var dispatched in stored.Events.OfType<RunEvent.ItemsDispatched>())
            live = Begin(
                live,
                // An attempt that was given up at once never begins.
                dispatched.Items.Where(attempt => RunRules.IsUnderWay(run, attempt.Item, attempt.Attempt))
                    .Select(attempt => run.Items[attempt.Item]),
                resume: false,
                effects
            );
        if (stored.Events.OfType<RunEvent.RunAborted>().Any()) Abort(live, run, effects);
        effects.AddRange(run.IsEnded ? [new RunEffect.End()] : LookAgain(live, now));
        return (live, effects);
    }

    private static (LiveRun, IReadOnlyList<RunEffect>) Recover(LiveRun live, RunState run, DateTimeOffset now)
    {
        (live, var reminded) = Remind(live, run);
        (live, var due) = Store(live, new RunCommand.Dispatch(live.Away), [], now);
        return (live, [.. reminded, .. due]);
    }

    /// <summary>What waits may begin on a host that is back; what is under way there is asked for.</summary>
    private static (LiveRun, IReadOnlyList<RunEffect>) HostsAway(
        LiveRun live, AwayHosts before, RunState? run, DateTimeOffset now)
    {
        if (run is not { IsEnded: false }) return (live, []);
        var isBack = run.Counts.Running > 0
            && RunRules.UnderWay(run).Any(item => before.Has(item.Vm.Host) && !live.Away.Has(item.Vm.Host));
        (live, var reminded) = isBack ? Remind(live, run) : (live, []);
        (live, var due) = Look(live, run, now);
        return (live, [.. reminded, .. due]);
    }

    private static (LiveRun, IReadOnlyList<RunEffect>) Look(LiveRun live, RunState run, DateTimeOffset now)
    {
        var lost = RunDispatch.Lost(run, now, live.Away).Where(o => live.Batch.All(waiting => waiting.Item != o.Item))
            .ToLookup(o => run.Items[o.Item].Group is null);
        List<RunEffect> told =
        [
            .. lost[false].Select(o => (Group: CoordinatorOf(live, o.Item, o.Attempt), Outcome: o))
                .Where(o => o.Group is not null).Select(o => new RunEffect.TellGroup(o.Group!, o.Outcome)),
        ];
        IReadOnlyList<ItemOutcome> alone = [.. lost[true]];
        (live, var effects) = alone.Count > 0
            ? Store(live, new RunCommand.Settle(alone), alone, now)
            : Store(live, new RunCommand.Dispatch(live.Away), [], now);
        return (live, [.. told, .. effects]);
    }

    /// <summary>Attempts under way as far as the journal knows: after a restart nobody may be working on them.</summary>
    private static (LiveRun, IReadOnlyList<RunEffect>) Remind(LiveRun live, RunState run)
    {
        var effects = new List<RunEffect> { new RunEffect.RemindLater() };
        var open = RunRules.UnderWay(run).Where(item => live.Batch.All(waiting => waiting.Item != item.Index));
        live = Begin(
            live,
            open.Where(item => item.Group is not { } group || !live.Coordinated.Contains(group)).ToList(),
            resume: true,
            effects
        );
        effects.AddRange(live.Coordinated.Select(group => new RunEffect.RemindGroup(group)));
        Abort(live, run, effects);
        return (live, effects);
    }

    private static (LiveRun, IReadOnlyList<RunEffect>) Ended(LiveRun live, RunState run, ItemOutcome outcome, DateTimeOffset now)
    {
        if (outcome.Item < 0 || outcome.Item >= run.Items.Count) return (live, []);
        var item = run.Items[outcome.Item];
        if (!RunRules.IsUnderWay(run, outcome.Item, outcome.Attempt))
        {
            // Journalled before, and the answer was lost.
            var effects = new List<RunEffect>();
            return (Acknowledge(live, [outcome], effects), effects);
        }
        if (item.Group is null)
            return Batch(live, run, [outcome], now);
        return (
            live,
            CoordinatorOf(live, outcome.Item, outcome.Attempt) is { } group ? [new RunEffect.TellGroup(group, outcome)] : []
        );
    }

    private static (LiveRun, IReadOnlyList<RunEffect>) Batch(
        LiveRun live, RunState run, IReadOnlyList<ItemOutcome> outcomes, DateTimeOffset now)
    {
        var first = live.Batch.IsEmpty;
        live = live with
        {
            Batch = live.Batch.AddRange(outcomes.Where(o => live.Batch.All(waiting => waiting.Item != o.Item))),
        };
        var batch = Math.Clamp(run.Counts.Running / BatchPart, SmallestBatch, RunRules.BatchLimit);
        if (live.Batch.Count >= Math.Min(batch, run.Counts.Running))
            return Settle(live, now);
        return (live, first ? [new RunEffect.AwaitBatch()] : []);
    }

    private static (LiveRun, IReadOnlyList<RunEffect>) Settle(LiveRun live, DateTimeOffset now) => live.Batch.IsEmpty
        ? (live, [])
        : Store(live with { Batch = [] }, new RunCommand.Settle(live.Batch), live.Batch, now);

    /// <summary>A VM alone is told itself; a group's members by their coordinator.</summary>
    private static LiveRun Begin(LiveRun live, IEnumerable<RunItem> items, bool resume, List<RunEffect> effects)
    {
        var groups = new List<RunItem>();
        foreach (var item in items)
        {
            if (item.Group is null) effects.Add(new RunEffect.Begin(item, resume));
            else if (groups.TrueForAll(known => known.Group != item.Group)) groups.Add(item);
        }
        effects.AddRange(groups.Select(item => new RunEffect.Coordinate(item.Group!, RunRules.Members(live.Run!, item), resume)));
        return live with { Coordinated = live.Coordinated.Union(groups.Select(item => item.Group!)) };
    }

    private static LiveRun Acknowledge(LiveRun live, IReadOnlyList<ItemOutcome> outcomes, List<RunEffect> effects)
    {
        foreach (var outcome in outcomes)
        {
            var item = live.Run!.Items[outcome.Item];
            if (item.Group is { } group && item.Attempt == outcome.Attempt && live.Coordinated.Contains(group))
            {
                effects.Add(new RunEffect.DismissGroup(group));
                live = live with { Coordinated = live.Coordinated.Remove(group) };
            }
            effects.Add(new RunEffect.Acknowledge(outcome));
        }
        return live;
    }

    private static void Abort(LiveRun live, RunState run, List<RunEffect> effects)
    {
        if (run.Abort is not { Wait: false } abort) return;
        effects.AddRange(RunRules.UnderWay(run).Where(item => item.Group is null).Select(item => new RunEffect.AbortItem(item)));
        effects.AddRange(live.Coordinated.Select(group => new RunEffect.StopGroup(group, abort.Reason)));
    }

    private static IReadOnlyList<RunEffect> LookAgain(LiveRun live, DateTimeOffset now) =>
        live.Run is { IsEnded: false } run && RunRules.Again(run, now, live.Away) is { } at ? [new RunEffect.LookAt(at)] : [];
}

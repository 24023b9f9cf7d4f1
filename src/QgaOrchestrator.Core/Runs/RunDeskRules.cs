using QgaOrchestrator.Core.Runs.Groups;

namespace QgaOrchestrator.Core.Runs;

/// <summary>
/// How a run works: what it journals together, what it sends once that is journalled, what it sends again after a crash or a
/// lost message, and which outcomes it acknowledges. What is due it asks <see cref="RunRules"/>.
/// </summary>
public static class RunDeskRules
{
    /// <summary>So many outcomes wait no longer for company.</summary>
    private const int Company = 5;

    public static (RunDesk Desk, IReadOnlyList<RunEffect> Effects) Step(RunDesk desk, RunInput input, DateTimeOffset now) =>
        (input, desk.Run) switch
        {
            (RunInput.Ordered i, _) => Store(desk, i.Command, [], now),
            (RunInput.Stored i, _) => Stored(desk, i.What, now),
            (_, null) => (desk, []),
            (RunInput.Recovered, { IsEnded: true }) => (desk, [new RunEffect.End()]),
            (RunInput.Recovered, { } run) => Recover(desk, run, now),
            (RunInput.Remind, { IsEnded: false } run) => Remind(desk, run),
            (RunInput.Remind, _) => (desk, []),
            (RunInput.ItemEnded i, { } run) => Take(desk, run, i.Outcome, now),
            (RunInput.GroupEnded i, { } run) => Gather(desk, run, i.Outcomes, now),
            (RunInput.GatheredLong, _) => Settle(desk, now),
            _ => throw new InvalidOperationException($"No rule for {input}"),
        };

    /// <summary>An event is in the journal: read from it, or written just now.</summary>
    public static RunDesk Happen(RunDesk desk, RunEvent happened) => desk with { Run = RunRules.Evolve(desk.Run, happened) };

    /// <summary>The group whose coordinator an attempt is a matter for; null: the attempt is not under way, or nobody coordinates
    /// it.</summary>
    public static string? CoordinatorOf(RunDesk desk, int item, int attempt) =>
        desk.Run is { } run
        && item >= 0
        && item < run.Items.Count
        && run.Items[item] is { State: ItemState.Running, Group: { } group } found
        && found.Attempt == attempt
        && desk.Coordinated.Contains(group)
            ? group
            : null;

    /// <summary>
    /// What a group's member is told that still waits for its group's word, though its attempt is settled: the outcomes were
    /// late, and came after a crash had it begin to look. Null: the attempt is under way.
    /// </summary>
    public static GroupOrder? AnswerTo(RunDesk desk, int item, int attempt) =>
        desk.Run is not { } run || item < 0 || item >= run.Items.Count
        ? null
        : run.Items[item] switch
        {
            { State: ItemState.Running } found when found.Attempt == attempt => null,
            { State: ItemState.Succeeded } found when found.Attempt == attempt => new GroupOrder(GroupWord.End),
            _ => new GroupOrder(GroupWord.Void, Voided: ItemOutcome.Interrupted(item, attempt, "its attempt is settled")),
        };

    /// <summary>Everything that a command leads to, and what is due after it: outcomes with the items that take their
    /// places.</summary>
    private static List<RunEvent> Follow(RunState? state, RunCommand command, DateTimeOffset now)
    {
        List<RunEvent> events = [.. RunRules.Decide(state, command, now)];
        state = events.Aggregate(state, RunRules.Evolve);
        while (state is { IsEnded: false } && RunRules.Decide(state, new RunCommand.Dispatch(), now) is { Count: > 0 } due)
        {
            events.AddRange(due);
            state = due.Aggregate(state, RunRules.Evolve);
        }
        return events;
    }

    private static (RunDesk, IReadOnlyList<RunEffect>) Store(
        RunDesk desk, RunCommand command, IReadOnlyList<ItemOutcome> settled, DateTimeOffset now)
    {
        var events = Follow(desk.Run, command, now);
        if (events.Count > 0) return (desk, [new RunEffect.Store(events, settled)]);
        var effects = new List<RunEffect>();
        desk = Acknowledge(desk, settled, effects);
        effects.AddRange(LookAgain(desk.Run, now));
        return (desk, effects);
    }

    /// <summary>Sends what is journalled, and only that.</summary>
    private static (RunDesk, IReadOnlyList<RunEffect>) Stored(RunDesk desk, RunEffect.Store stored, DateTimeOffset now)
    {
        var run = desk.Run!;
        var effects = new List<RunEffect>();
        desk = Acknowledge(desk, stored.Settled, effects);
        if (stored.Events.OfType<RunEvent.RunStarted>().Any()) effects.Add(new RunEffect.RemindLater());
        foreach (var dispatched in stored.Events.OfType<RunEvent.ItemsDispatched>())
            desk = Begin(desk, dispatched.Items.Select(attempt => run.Items[attempt.Item]), resume: false, effects);
        if (stored.Events.OfType<RunEvent.RunAborted>().Any()) Abort(desk, run, effects);
        effects.AddRange(run.IsEnded ? [new RunEffect.End()] : LookAgain(run, now));
        return (desk, effects);
    }

    private static (RunDesk, IReadOnlyList<RunEffect>) Recover(RunDesk desk, RunState run, DateTimeOffset now)
    {
        (desk, var reminded) = Remind(desk, run);
        (desk, var due) = Store(desk, new RunCommand.Dispatch(), [], now);
        return (desk, [.. reminded, .. due]);
    }

    /// <summary>Attempts under way as far as the journal knows: after a restart nobody may be working on them.</summary>
    private static (RunDesk, IReadOnlyList<RunEffect>) Remind(RunDesk desk, RunState run)
    {
        var effects = new List<RunEffect> { new RunEffect.RemindLater() };
        var open = RunRules.UnderWay(run).Where(item => desk.Gathered.All(gathered => gathered.Item != item.Index));
        desk = Begin(
            desk,
            open.Where(item => item.Group is not { } group || !desk.Coordinated.Contains(group)).ToList(),
            resume: true,
            effects
        );
        effects.AddRange(desk.Coordinated.Select(group => new RunEffect.RemindGroup(group)));
        Abort(desk, run, effects);
        return (desk, effects);
    }

    private static (RunDesk, IReadOnlyList<RunEffect>) Take(RunDesk desk, RunState run, ItemOutcome outcome, DateTimeOffset now)
    {
        if (outcome.Item < 0 || outcome.Item >= run.Items.Count) return (desk, []);
        var item = run.Items[outcome.Item];
        if (item.State != ItemState.Running || item.Attempt != outcome.Attempt)
        {
            // Journalled before, and the answer was lost.
            var effects = new List<RunEffect>();
            return (Acknowledge(desk, [outcome], effects), effects);
        }
        if (item.Group is null)
            return Gather(desk, run, [outcome], now);
        return (
            desk,
            CoordinatorOf(desk, outcome.Item, outcome.Attempt) is { } group ? [new RunEffect.TellGroup(group, outcome)] : []
        );
    }

    private static (RunDesk, IReadOnlyList<RunEffect>) Gather(
        RunDesk desk, RunState run, IReadOnlyList<ItemOutcome> outcomes, DateTimeOffset now)
    {
        var first = desk.Gathered.IsEmpty;
        desk = desk with
        {
            Gathered = desk.Gathered.AddRange(outcomes.Where(o => desk.Gathered.All(gathered => gathered.Item != o.Item))),
        };
        if (desk.Gathered.Count >= Math.Min(Company, run.Counts.Running))
            return Settle(desk, now);
        return (desk, first ? [new RunEffect.Gather()] : []);
    }

    private static (RunDesk, IReadOnlyList<RunEffect>) Settle(RunDesk desk, DateTimeOffset now) => desk.Gathered.IsEmpty
        ? (desk, [])
        : Store(desk with { Gathered = [] }, new RunCommand.Settle(desk.Gathered), desk.Gathered, now);

    /// <summary>A VM alone is told itself; a group's members by their coordinator.</summary>
    private static RunDesk Begin(RunDesk desk, IEnumerable<RunItem> items, bool resume, List<RunEffect> effects)
    {
        var groups = new List<RunItem>();
        foreach (var item in items)
        {
            if (item.Group is null) effects.Add(new RunEffect.Begin(item, resume));
            else if (groups.TrueForAll(known => known.Group != item.Group)) groups.Add(item);
        }
        effects.AddRange(groups.Select(item => new RunEffect.Coordinate(item.Group!, RunRules.Members(desk.Run!, item), resume)));
        return desk with { Coordinated = desk.Coordinated.Union(groups.Select(item => item.Group!)) };
    }

    private static RunDesk Acknowledge(RunDesk desk, IReadOnlyList<ItemOutcome> outcomes, List<RunEffect> effects)
    {
        foreach (var outcome in outcomes)
        {
            var item = desk.Run!.Items[outcome.Item];
            if (item.Group is { } group && item.Attempt == outcome.Attempt && desk.Coordinated.Contains(group))
            {
                effects.Add(new RunEffect.DismissGroup(group));
                desk = desk with { Coordinated = desk.Coordinated.Remove(group) };
            }
            effects.Add(new RunEffect.Acknowledge(outcome));
        }
        return desk;
    }

    private static void Abort(RunDesk desk, RunState run, List<RunEffect> effects)
    {
        if (run.Abort is not { Wait: false } abort) return;
        effects.AddRange(RunRules.UnderWay(run).Where(item => item.Group is null).Select(item => new RunEffect.AbortItem(item)));
        effects.AddRange(desk.Coordinated.Select(group => new RunEffect.StopGroup(group, abort.Reason)));
    }

    private static IReadOnlyList<RunEffect> LookAgain(RunState? run, DateTimeOffset now) =>
        run is { IsEnded: false } && RunRules.Due(run, now).Again is { } at ? [new RunEffect.LookAt(at)] : [];
}

using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Core.Runs;

/// <summary>Which items of a run may begin now, and which are given up since their host is away. Belongs to
/// <see cref="RunRules"/>.</summary>
public static class RunDispatch
{
    /// <summary>
    /// In the order of the targets, as far as total, hosts, labels and target have room. A group begins whole: where it is
    /// larger than a limit, when nothing else counts against that. Who must be alone waits until the others have ended.
    /// </summary>
    /// <returns>What begins, and what never will since its host was waited for long enough.</returns>
    public static (List<ItemAttempt> Begin, List<ItemAttempt> GiveUp) Next(
        RunState state, int end, DateTimeOffset now, AwayHosts away)
    {
        var (next, giveUp) = (new List<ItemAttempt>(), new List<ItemAttempt>());
        if (RunningAlone(state)) return (next, giveUp);
        var running = new Dictionary<string, int>(state.RunningBy);
        var waits = state.Lanes.Waits(state.Items, end);
        while (waits.TryDequeue(out var waiting, out var index))
        {
            var item = state.Items[index];
            if (WhyWaits(state, item, away) is not null)
            {
                var group = RunRules.Members(state, item);
                if (
                    giveUp.Count + group.Count <= Math.Max(group.Count, RunRules.BatchLimit)
                    && group.Any(member => away.IsGivenUp(member.Vm.Host, state.Options.UnreachableAfter, now))
                )
                    giveUp.AddRange(Attempts(group));
                RunLanes.Enqueue(waits, state.Items, end, waiting.Lane, waiting.Place + group.Count);
                continue;
            }
            var nothingElse = state.Counts.Running == 0 && next.Count == 0;
            if (item.Note.Freeze == FreezeMode.Alone)
            {
                if (!nothingElse) continue;
                return ([new ItemAttempt(index, item.Attempt + 1)], giveUp);
            }
            var members = RunRules.Members(state, item);
            // Who does not fit waits here, so that a large group is not overtaken for ever.
            if (!nothingElse && state.Counts.Running + next.Count + members.Count > state.Options.MaxParallel) break;
            if (next.Count > 0 && next.Count + members.Count > RunRules.BatchLimit) break;
            var needs = waiting.Lane.Needs;
            if (needs.Any(need => running.GetValueOrDefault(need.Key) is > 0 and var under && under + need.Count > need.Limit))
                continue;
            foreach (var (key, _, count) in needs) running[key] = running.GetValueOrDefault(key) + count;
            next.AddRange(Attempts(members));
            RunLanes.Enqueue(waits, state.Items, end, waiting.Lane, waiting.Place + members.Count);
        }
        return (next, giveUp);
    }

    private static IEnumerable<ItemAttempt> Attempts(IReadOnlyList<RunItem> items) =>
        items.Select(item => new ItemAttempt(item.Index, item.Attempt + 1));

    private static bool RunningAlone(RunState state) => state.RunningBy.GetValueOrDefault(RunLimits.Alone) > 0;

    /// <summary>Attempts under way on hosts that were waited for long enough: they count as ended. What they come to all the same
    /// is told by their hosts, and kept there.</summary>
    public static IReadOnlyList<ItemOutcome> Lost(RunState state, DateTimeOffset now, AwayHosts away) => away.IsEmpty
        ? []
        : [
            .. RunRules.UnderWay(state).Where(item => away.IsGivenUp(item.Vm.Host, state.Options.UnreachableAfter, now))
                .Select(item => Lost(state, item, item.Attempt, item.Vm.Host, state.LostAs)),
        ];

    private static ItemOutcome Lost(RunState state, RunItem item, int attempt, string host, ItemState lostAs) => new(
        item.Index, attempt, lostAs, $"the node of host {host} was not reachable for {state.Options.UnreachableAfter:c}",
        $"See qgactl host show {host}. When it is back: qgactl run retry {state.Id}");

    /// <summary>Of items that never began: so nothing is unknown of them.</summary>
    public static IReadOnlyList<ItemOutcome> GivenUp(
        RunState state, IReadOnlyList<ItemAttempt> items, AwayHosts away, DateTimeOffset now) =>
        [
            .. items.Select(given => (Given: given, Item: state.Items[given.Item])).Select(given => Lost(
                state, given.Item, given.Given.Attempt, PlacesOf(state, given.Item).First(
                    vm => away.IsGivenUp(vm.Host, state.Options.UnreachableAfter, now)).Host, ItemState.Unreachable)),
        ];

    /// <summary>Why an item that has not begun cannot begin now, in words; null: no host keeps it from that.</summary>
    public static string? WhyWaits(RunState state, RunItem item, AwayHosts away) =>
        away.IsEmpty ? null : PlacesOf(state, item).Select(away.WhyWaits).FirstOrDefault(why => why is not null);

    /// <summary>What all of the run's items wait for that cannot begin now, in words; null: nothing.</summary>
    public static string? WhyWaits(RunState state, AwayHosts away)
    {
        if (away.IsEmpty || state.IsEnded) return null;
        var reasons = state.Items.Where(item => item.State == ItemState.Pending)
            .Select(item => WhyWaits(state, item, away)).Where(why => why is not null).GroupBy(why => why!)
            .Select(same => $"{(same.Count() == 1 ? "1 VM waits" : $"{same.Count()} VMs wait")}: {same.Key}").ToList();
        return reasons.Count == 0 ? null : string.Join("; ", reasons);
    }

    private static IEnumerable<VmId> PlacesOf(RunState state, RunItem item) =>
        RunRules.Members(state, item).Select(member => member.Vm);
}

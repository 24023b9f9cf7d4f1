using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Core.Runs;

/// <summary>
/// A run's items by what limits them, immutable. The items of one lane need the same hosts, labels and target; where one of them
/// finds no room, none does, so whoever looks for what may begin looks at one item of each lane and not at all that wait. A group
/// is a lane of its own.
/// </summary>
public sealed class RunLanes
{
    public static readonly RunLanes None = new([], [], []);

    private readonly Lane[] _lanes;
    private readonly int[] _of;
    private readonly int[] _first;

    /// <param name="of">The lane of each item.</param>
    /// <param name="first">The place in each lane before which every item is past pending.</param>
    private RunLanes(Lane[] lanes, int[] of, int[] first) => (_lanes, _of, _first) = (lanes, of, first);

    internal static RunLanes Planned(RunState run)
    {
        var of = new int[run.Items.Count];
        var (keys, items) = (new Dictionary<string, int>(), new List<List<int>>());
        foreach (var item in run.Items)
        {
            var key = item.Group is { } group
                ? $"group {group}"
                : string.Join('\n', RunLimits.Of(run, item).Select(need => need.Key));
            if (!keys.TryGetValue(key, out var lane))
            {
                keys[key] = lane = items.Count;
                items.Add([]);
            }
            of[item.Index] = lane;
            items[lane].Add(item.Index);
        }
        return new([.. items.Select(indexes => new Lane([.. indexes], Needs(run, indexes)))], of, new int[items.Count]);
    }

    /// <summary>Lanes by the index of the first item that waits in each; those that begin at the end or later are left
    /// out.</summary>
    internal PriorityQueue<Waiting, int> Waits(RunItems items, int end)
    {
        var queue = new PriorityQueue<Waiting, int>();
        for (var lane = 0; lane < _lanes.Length; lane++) Enqueue(queue, items, end, _lanes[lane], _first[lane]);
        return queue;
    }

    /// <summary>Puts the lane back with the next item that waits in it.</summary>
    internal static void Enqueue(PriorityQueue<Waiting, int> queue, RunItems items, int end, Lane lane, int place)
    {
        place = lane.FirstWaiting(items, place);
        if (place < lane.Items.Length && lane.Items[place] is var index && index < end)
            queue.Enqueue(new(lane, place), index);
    }

    /// <summary>As these items are now.</summary>
    internal RunLanes Moved(IReadOnlyCollection<RunItem> changed, RunItems items)
    {
        int[] first = [.. _first];
        foreach (var item in changed)
        {
            var lane = _of[item.Index];
            if (item.State == ItemState.Pending)
                first[lane] = Math.Min(first[lane], Array.BinarySearch(_lanes[lane].Items, item.Index));
        }
        foreach (var lane in changed.Select(item => _of[item.Index]).Distinct())
            first[lane] = _lanes[lane].FirstWaiting(items, first[lane]);
        return new(_lanes, _of, first);
    }

    /// <summary>What one of the lane takes when it begins: a group begins whole.</summary>
    private static Need[] Needs(RunState run, List<int> indexes)
    {
        var first = run.Items[indexes[0]];
        var together = first.Group is null ? [first] : indexes.Select(index => run.Items[index]);
        return
        [
            .. together.SelectMany(item => RunLimits.Of(run, item)).GroupBy(need => need)
                .Select(need => new Need(need.Key.Key, need.Key.Limit, need.Count())),
        ];
    }

    /// <param name="Items">Their indexes, ascending.</param>
    internal sealed record Lane(int[] Items, IReadOnlyList<Need> Needs)
    {
        /// <summary>The place of the first item from this one on that is pending; behind the last where none is.</summary>
        public int FirstWaiting(RunItems items, int place)
        {
            while (place < Items.Length && items[Items[place]].State != ItemState.Pending) place++;
            return place;
        }
    }

    internal readonly record struct Waiting(Lane Lane, int Place);

    /// <summary>So many of what the key names, of which the limit may be under way at once.</summary>
    internal readonly record struct Need(string Key, int Limit, int Count);
}

using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Core.Runs;

/// <summary>One event's changes to a run's items, with all that is counted beside them.</summary>
internal sealed class ItemChanges(RunState state)
{
    private readonly RunItems.Builder _items = new(state.Items);
    private readonly Dictionary<string, int> _runningBy = new(state.RunningBy);
    private readonly WaveProgress[] _waves = [.. state.Waves];
    private RunCounts _counts = state.Counts;
    private readonly List<RunItem> _changed = [];

    /// <summary>The item, which must be in this state: anything else is a journal that contradicts itself.</summary>
    public RunItem Require(int index, ItemState expected, int attempt) =>
        index >= 0 && index < _items.Count && _items[index] is var item && item.State == expected && item.Attempt == attempt
            ? item
            : throw new InvalidOperationException($"Item {index} of run {state.Id} is not {expected} after attempt {attempt}");

    public void Put(RunItem item)
    {
        var before = _items[item.Index].State;
        _items[item.Index] = item;
        _counts = _counts.Move(before, item.State);
        ref var wave = ref _waves[Waves.Of(_waves, item.Index)];
        wave = wave.Move(before, item);
        var running = (item.State == ItemState.Running ? 1 : 0) - (before == ItemState.Running ? 1 : 0);
        if (running != 0)
            foreach (var (key, _) in RunLimits.Of(state, item))
                _runningBy[key] = _runningBy.GetValueOrDefault(key) + running;
        _changed.Add(item);
    }

    public RunState ToState()
    {
        var items = _items.ToItems();
        return state with
        {
            Items = items,
            Counts = _counts,
            RunningBy = _runningBy,
            Waves = _waves,
            Lanes = state.Lanes.Moved(_changed, items),
        };
    }
}

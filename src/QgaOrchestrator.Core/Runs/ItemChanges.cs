using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Core.Runs;

/// <summary>One event's changes to a run's items: one copy of the items for the whole batch.</summary>
internal sealed class ItemChanges(RunState state)
{
    private readonly RunItem[] _items = [.. state.Items];
    private readonly Dictionary<string, int> _runningBy = new(state.RunningBy);
    private RunCounts _counts = state.Counts;
    private int _firstPending = state.FirstPending;

    /// <summary>The item, which must be in this state: anything else is a journal that contradicts itself.</summary>
    public RunItem Require(int index, ItemState expected, int attempt) =>
        index >= 0 && index < _items.Length && _items[index] is var item && item.State == expected && item.Attempt == attempt
            ? item
            : throw new InvalidOperationException($"Item {index} of run {state.Id} is not {expected} after attempt {attempt}");

    public void Put(RunItem item)
    {
        var before = _items[item.Index].State;
        _items[item.Index] = item;
        _counts = _counts.Move(before, item.State);
        var running = (item.State == ItemState.Running ? 1 : 0) - (before == ItemState.Running ? 1 : 0);
        if (running != 0)
            foreach (var (key, _) in RunLimits.Of(state, item))
                _runningBy[key] = _runningBy.GetValueOrDefault(key) + running;
        if (item.State == ItemState.Pending) _firstPending = Math.Min(_firstPending, item.Index);
    }

    public RunState ToState()
    {
        while (_firstPending < _items.Length && _items[_firstPending].State != ItemState.Pending) _firstPending++;
        return state with { Items = _items, Counts = _counts, RunningBy = _runningBy, FirstPending = _firstPending };
    }
}

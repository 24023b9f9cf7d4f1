using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Stores;

/// <summary>Views in memory. What outlives the object is in <see cref="Data"/>.</summary>
internal sealed class MemoryViews(MemoryViews.Data data) : IViews
{
    /// <summary>Awaited before each removal of a run.</summary>
    public Func<Task> BeforeRemoval { get; init; } = () => Task.CompletedTask;

    public async Task OpenAsync(Func<IViews, Task> rebuild)
    {
        if (data.IsCurrent) return;
        lock (data)
        {
            data.Runs.Clear();
            data.Items.Clear();
            data.Points.Clear();
        }
        await rebuild(this);
        data.IsCurrent = true;
    }

    public Task SaveRunAsync(RunSummary run) => Locked(() => data.Runs[run.Id] = run);

    public Task SaveEndedRunAsync(RunSummary run, IReadOnlyList<RunItemView> items) => Locked(() =>
    {
        data.Runs[run.Id] = run;
        return data.Items[run.Id] = items;
    });

    public async Task RemoveRunAsync(string id)
    {
        await BeforeRemoval();
        await Locked(() =>
        {
            foreach (var point in data.Points.Values.Where(point => point.Point.Run == id).ToList())
                data.Points.Remove(point.Point.Id);
            data.Items.Remove(id);
            return data.Runs.Remove(id);
        });
    }

    public Task SavePointAsync(RecoveryPoint point, DateTimeOffset at) => Locked(() => data.Points[point.Id] = (point, at));

    public Task<RunSummary?> GetRunAsync(string id) => Locked(() => data.Runs.GetValueOrDefault(id));

    public Task<ViewPage<RunSummary>> ListRunsAsync(int limit, ViewCursor? after) =>
        Locked(() => Page(data.Runs.Values, run => new(run.StartedAt.ToUnixTimeMilliseconds(), run.Id), limit, after));

    public Task<IReadOnlyList<RunItemView>> ListItemsAsync(string run, int skip, int limit) => Locked<IReadOnlyList<RunItemView>>(
        () => [.. (data.Items.GetValueOrDefault(run) ?? []).OrderBy(item => item.Index).Skip(skip).Take(limit)]);

    public Task<RecoveryPoint?> GetPointAsync(string id) => Locked(() => data.Points.GetValueOrDefault(id).Point)!;

    public Task<ViewPage<RecoveryPoint>> ListPointsAsync(string? vm, int limit, ViewCursor? after) => Locked(() =>
    {
        var found = data.Points.Values.Where(row =>
            vm is null || vm == row.Point.Vm || vm == row.Point.Uuid || vm == $"{row.Point.Host}/{row.Point.Vm}");
        var page = Page(found, row => new(row.At.ToUnixTimeMilliseconds(), row.Point.Id), limit, after);
        return new ViewPage<RecoveryPoint>([.. page.Items.Select(row => row.Point)], page.Next);
    });

    public Task<IReadOnlyList<string>> ListChildrenAsync(RecoveryPoint point) => Locked<IReadOnlyList<string>>(() =>
        [.. data.Points.Values.Where(row => row.Point.Parent == point.Id).Select(row => row.Point.Id).Order()]);

    public Task DeletePointAsync(string id) => Locked(() => data.Points.Remove(id));

    public Task PingAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Task<T> Locked<T>(Func<T> work)
    {
        lock (data) return Task.FromResult(work());
    }

    private static ViewPage<T> Page<T>(IEnumerable<T> rows, Func<T, ViewCursor> place, int limit, ViewCursor? after)
    {
        T[] left = [.. rows.Where(row => after is null || Compare(place(row), after) < 0)
            .OrderDescending(Comparer<T>.Create((a, b) => Compare(place(a), place(b))))];
        return new(left[..Math.Min(limit, left.Length)], left.Length > limit ? place(left[limit - 1]) : null);
    }

    private static int Compare(ViewCursor a, ViewCursor b) =>
        a.At != b.At ? a.At.CompareTo(b.At) : string.CompareOrdinal(a.Id, b.Id);

    internal sealed class Data
    {
        public bool IsCurrent { get; set; }

        public Dictionary<string, RunSummary> Runs { get; } = [];

        public Dictionary<string, IReadOnlyList<RunItemView>> Items { get; } = [];

        public Dictionary<string, (RecoveryPoint Point, DateTimeOffset At)> Points { get; } = [];
    }
}

public sealed class MemoryViewsTests : ViewsSuite
{
    private readonly MemoryViews.Data _data = new();

    protected override IViews Create() => new MemoryViews(_data);

    protected override void MakeOlder() => _data.IsCurrent = false;
}

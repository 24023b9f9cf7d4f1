using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text.Json;
using LinqToDB;
using LinqToDB.Data;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Stores.Tables;

/// <summary>The views as rows of JSON, with the columns that they are found by.</summary>
public sealed class TableViews(IViewTables tables) : IViews
{
    private const int ItemsInRow = 250;

    /// <summary>Runs that have not ended, as this node wrote them last: they are shown while the database is away.</summary>
    private readonly ConcurrentDictionary<string, RunSummary> _open = new();

    public Task OpenAsync(Func<IViews, Task> rebuild) => tables.EnsureAsync(() => rebuild(this));

    public Task SaveRunAsync(RunSummary run)
    {
        if (run.EndedAt is null) _open[run.Id] = run;
        return tables.WriteAsync(db => db.InsertOrReplace(Row(run)), Alone(run.Id));
    }

    public async Task SaveEndedRunAsync(RunSummary run, IReadOnlyList<RunItemView> items)
    {
        var rows = items.Chunk(ItemsInRow).Select(some => Row(run.Id, some)).ToArray();
        await tables.WriteAsync(db =>
        {
            db.GetTable<ItemsRow>().Delete(row => row.Run == run.Id);
            db.BulkCopy(new BulkCopyOptions { BulkCopyType = BulkCopyType.MultipleRows }, rows);
            db.InsertOrReplace(Row(run));
        }, Alone(run.Id));
        _open.TryRemove(run.Id, out _);
    }

    public Task RemoveRunAsync(string id) => tables.WriteAsync(db =>
    {
        db.GetTable<ItemsRow>().Delete(row => row.Run == id);
        db.GetTable<PointRow>().Delete(point => point.Run == id);
        db.GetTable<RunRow>().Delete(run => run.Id == id);
    });

    public Task SavePointAsync(RecoveryPoint point, DateTimeOffset at) =>
        tables.WriteAsync(db => db.InsertOrReplace(Row(point, at)));

    public async Task<RunSummary?> GetRunAsync(string id)
    {
        try
        {
            return await tables.ReadAsync(db =>
                db.GetTable<RunRow>().FirstOrDefault(run => run.Id == id) is { } row ? Run(row) : null);
        }
        catch (StoreException e) when (e.IsAway && _open.TryGetValue(id, out var known))
        {
            return known;
        }
    }

    public Task<ViewPage<RunSummary>> ListRunsAsync(int limit, ViewCursor? after) => tables.ReadAsync(db =>
    {
        IQueryable<RunRow> runs = db.GetTable<RunRow>();
        if (after is { At: var at, Id: var id })
            runs = runs.Where(run => run.CreatedAt < at || (run.CreatedAt == at && string.Compare(run.Id, id) < 0));
        var rows = runs.OrderByDescending(run => run.CreatedAt).ThenByDescending(run => run.Id).Take(limit + 1).ToList();
        return Page(rows, limit, Run, row => new(row.CreatedAt, row.Id));
    });

    public Task<IReadOnlyList<RunItemView>> ListItemsAsync(string run, int skip, int limit) =>
        tables.ReadAsync<IReadOnlyList<RunItemView>>(db =>
        {
            var (from, end) = (skip - (skip % ItemsInRow), (long)skip + limit);
            var rows = db.GetTable<ItemsRow>()
                .Where(row => row.Run == run && row.Place >= from && row.Place < end)
                .OrderBy(row => row.Place)
                .ToList();
            return [.. rows.SelectMany(Items).SkipWhile(item => item.Index < skip).TakeWhile(item => item.Index < end)];
        });

    public Task<RecoveryPoint?> GetPointAsync(string id) => tables.ReadAsync(db =>
        db.GetTable<PointRow>().FirstOrDefault(point => point.Id == id) is { } row ? Point(row) : null);

    public Task<ViewPage<RecoveryPoint>> ListPointsAsync(string? vm, int limit, ViewCursor? after) => tables.ReadAsync(db =>
    {
        IQueryable<PointRow> points = db.GetTable<PointRow>();
        if (vm?.Split('/') is [var host, var name])
            points = points.Where(point => point.Host == host && point.Vm == name);
        else if (vm is not null)
            points = points.Where(point => point.Vm == vm || point.Uuid == vm);
        if (after is { At: var at, Id: var id })
            points = points.Where(point => point.At < at || (point.At == at && string.Compare(point.Id, id) < 0));
        var rows = points.OrderByDescending(point => point.At).ThenByDescending(point => point.Id).Take(limit + 1).ToList();
        return Page(rows, limit, Point, row => new(row.At, row.Id));
    });

    public Task<IReadOnlyList<string>> ListChildrenAsync(RecoveryPoint point) =>
        tables.ReadAsync<IReadOnlyList<string>>(db =>
            [
                .. db.GetTable<PointRow>()
                    .Where(row =>
                        row.Id != point.Id
                        && (row.Vm == point.Vm || (row.Uuid != null && row.Uuid == point.Uuid))
                        && row.Json.Contains(point.Id)
                    )
                    .ToList()
                    .Select(Point)
                    .Where(child => child.Parent == point.Id)
                    .Select(child => child.Id)
                    .Order(StringComparer.Ordinal),
            ]
        );

    public Task DeletePointAsync(string id) => tables.WriteAsync(db => db.GetTable<PointRow>().Delete(point => point.Id == id));

    public Task PingAsync() => tables.PingAsync();

    public ValueTask DisposeAsync() => tables.DisposeAsync();

    private static string Alone(string run) => $"run {run}";

    private static ViewPage<T> Page<TRow, T>(List<TRow> rows, int limit, Func<TRow, T> read, Func<TRow, ViewCursor> cursor) =>
        new([.. rows.Take(limit).Select(read)], rows.Count > limit ? cursor(rows[limit - 1]) : null);

    private static RunRow Row(RunSummary run) => new()
    {
        Id = run.Id,
        CreatedAt = run.StartedAt.ToUnixTimeMilliseconds(),
        Json = JsonSerializer.Serialize(run, RunJson.Default.RunSummary),
    };

    private static ItemsRow Row(string run, RunItemView[] items)
    {
        using var json = new MemoryStream();
        using (var packed = new ZLibStream(json, CompressionLevel.Fastest))
            JsonSerializer.Serialize(packed, items, RunJson.Default.RunItemViewArray);
        return new() { Run = run, Place = items[0].Index, Json = Convert.ToBase64String(json.ToArray()) };
    }

    private static RunItemView[] Items(ItemsRow row)
    {
        if (row.Json[0] == '{') return [JsonSerializer.Deserialize(row.Json, RunJson.Default.RunItemView)!];
        using var json = new ZLibStream(new MemoryStream(Convert.FromBase64String(row.Json)), CompressionMode.Decompress);
        return JsonSerializer.Deserialize(json, RunJson.Default.RunItemViewArray)!;
    }

    private static PointRow Row(RecoveryPoint point, DateTimeOffset at) => new()
    {
        Id = point.Id,
        Host = point.Host,
        Vm = point.Vm,
        Uuid = point.Uuid,
        Run = point.Run,
        At = at.ToUnixTimeMilliseconds(),
        Directory = point.Directory,
        Json = JsonSerializer.Serialize(point, PointJson.Default.RecoveryPoint),
    };

    private static RunSummary Run(RunRow row) => JsonSerializer.Deserialize(row.Json, RunJson.Default.RunSummary)!;

    private static RecoveryPoint Point(PointRow row) =>
        JsonSerializer.Deserialize(row.Json, PointJson.Default.RecoveryPoint)! with { Directory = row.Directory };
}

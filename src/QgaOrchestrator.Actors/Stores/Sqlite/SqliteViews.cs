using System.Text.Json;
using LinqToDB;
using LinqToDB.Data;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>The views in <c>views.db</c>, which can be removed at any time: the next start builds it again.</summary>
public sealed class SqliteViews(ViewDatabase file) : IViews
{
    public Task OpenAsync(Func<IViews, Task> rebuild) => file.EnsureAsync(() => rebuild(this));

    public Task SaveRunAsync(RunSummary run) => file.WriteAsync(db => db.InsertOrReplace(Row(run)));

    public Task SaveEndedRunAsync(RunSummary run, IReadOnlyList<RunItemView> items)
    {
        var rows = items.Select(item => Row(run.Id, item)).ToArray();
        return file.WriteAsync(db =>
        {
            db.GetTable<ItemRow>().Delete(item => item.Run == run.Id);
            db.BulkCopy(new BulkCopyOptions { BulkCopyType = BulkCopyType.MultipleRows }, rows);
            db.InsertOrReplace(Row(run));
        });
    }

    public Task RemoveRunAsync(string id) => file.WriteAsync(db =>
    {
        db.GetTable<ItemRow>().Delete(item => item.Run == id);
        db.GetTable<PointRow>().Delete(point => point.Run == id);
        db.GetTable<RunRow>().Delete(run => run.Id == id);
    });

    public Task SavePointAsync(RecoveryPoint point, DateTimeOffset at) =>
        file.WriteAsync(db => db.InsertOrReplace(Row(point, at)));

    public Task<RunSummary?> GetRunAsync(string id) => file.ReadAsync(db =>
        db.GetTable<RunRow>().FirstOrDefault(run => run.Id == id) is { } row ? Run(row) : null);

    public Task<ViewPage<RunSummary>> ListRunsAsync(int limit, ViewCursor? after) => file.ReadAsync(db =>
    {
        IQueryable<RunRow> runs = db.GetTable<RunRow>();
        if (after is { At: var at, Id: var id })
            runs = runs.Where(run => run.CreatedAt < at || (run.CreatedAt == at && string.Compare(run.Id, id) < 0));
        var rows = runs.OrderByDescending(run => run.CreatedAt).ThenByDescending(run => run.Id).Take(limit + 1).ToList();
        return Page(rows, limit, Run, row => new(row.CreatedAt, row.Id));
    });

    public Task<IReadOnlyList<RunItemView>> ListItemsAsync(string run, int skip, int limit) =>
        file.ReadAsync<IReadOnlyList<RunItemView>>(db =>
            [
                .. db.GetTable<ItemRow>()
                    .Where(item => item.Run == run)
                    .OrderBy(item => item.Place)
                    .Skip(skip)
                    .Take(limit)
                    .ToList()
                    .Select(item => JsonSerializer.Deserialize(item.Json, RunJson.Default.RunItemView)!),
            ]
        );

    public Task<RecoveryPoint?> GetPointAsync(string id) => file.ReadAsync(db =>
        db.GetTable<PointRow>().FirstOrDefault(point => point.Id == id) is { } row ? Point(row) : null);

    public Task<ViewPage<RecoveryPoint>> ListPointsAsync(string? vm, int limit, ViewCursor? after) => file.ReadAsync(db =>
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
        file.ReadAsync<IReadOnlyList<string>>(db =>
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

    public Task DeletePointAsync(string id) => file.WriteAsync(db => db.GetTable<PointRow>().Delete(point => point.Id == id));

    public Task PingAsync() => file.PingAsync();

    public ValueTask DisposeAsync() => file.DisposeAsync();

    private static ViewPage<T> Page<TRow, T>(List<TRow> rows, int limit, Func<TRow, T> read, Func<TRow, ViewCursor> cursor) =>
        new([.. rows.Take(limit).Select(read)], rows.Count > limit ? cursor(rows[limit - 1]) : null);

    private static RunRow Row(RunSummary run) => new()
    {
        Id = run.Id,
        CreatedAt = run.StartedAt.ToUnixTimeMilliseconds(),
        Json = JsonSerializer.Serialize(run, RunJson.Default.RunSummary),
    };

    private static ItemRow Row(string run, RunItemView item) => new()
    {
        Run = run,
        Place = item.Index,
        Json = JsonSerializer.Serialize(item, RunJson.Default.RunItemView),
    };

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

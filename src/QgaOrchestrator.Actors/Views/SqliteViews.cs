using System.Text.Json;
using LinqToDB;
using LinqToDB.Data;
using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Persistence;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Views;

/// <summary><c>views.db</c>: one writer, short reads, a few at a time; thrown away and built again at will.</summary>
public sealed class SqliteViews : IViews, IAsyncDisposable
{
    private const int ReadsAtOnce = 2;
    private static readonly TimeSpan KeysLive = TimeSpan.FromDays(1);
    private readonly SqliteFile _file;
    private readonly DataOptions _options;
    private readonly SemaphoreSlim _reads = new(ReadsAtOnce);
    private readonly ViewWriter _writer;

    public SqliteViews(SqliteFile file)
    {
        _file = file;
        _options = file.Options(yield: false);
        _writer = new(Connect);
    }

    /// <summary>Ready for use when done: where the file is missing or older, after <paramref name="rebuild"/>.</summary>
    public async Task OpenAsync(Func<IViews, Task> rebuild)
    {
        using var db = Open();
        if (ViewSchema.IsCurrent(db)) return;
        ViewSchema.Create(db);
        await rebuild(this);
        ViewSchema.MarkCurrent(db);
    }

    public Task SaveRunAsync(RunSummary run) => _writer.WriteAsync(db => db.InsertOrReplace(Row(run)));

    public Task SaveEndedRunAsync(RunSummary run, IReadOnlyList<RunItemView> items)
    {
        var rows = items.Select(item => Row(run.Id, item)).ToArray();
        return _writer.WriteAsync(db =>
        {
            db.GetTable<ItemRow>().Delete(item => item.Run == run.Id);
            db.BulkCopy(new BulkCopyOptions { BulkCopyType = BulkCopyType.MultipleRows }, rows);
            db.InsertOrReplace(Row(run));
        });
    }

    /// <summary>A run that is kept no longer, with its items and points.</summary>
    public Task RemoveRunAsync(string id) => _writer.WriteAsync(db =>
    {
        db.GetTable<ItemRow>().Delete(item => item.Run == id);
        db.GetTable<PointRow>().Delete(point => point.Run == id);
        db.GetTable<RunRow>().Delete(run => run.Id == id);
    });

    public Task SavePointAsync(RecoveryPoint point, DateTimeOffset at) =>
        _writer.WriteAsync(db => db.InsertOrReplace(Row(point, at)));

    public Task<RunSummary?> GetRunAsync(string id) => ReadAsync(db =>
        db.GetTable<RunRow>().FirstOrDefault(run => run.Id == id) is { } row ? Run(row) : null);

    public Task<ViewPage<RunSummary>> ListRunsAsync(int limit, ViewCursor? after) => ReadAsync(db =>
    {
        IQueryable<RunRow> runs = db.GetTable<RunRow>();
        if (after is { At: var at, Id: var id })
            runs = runs.Where(run => run.CreatedAt < at || (run.CreatedAt == at && string.Compare(run.Id, id) < 0));
        var rows = runs.OrderByDescending(run => run.CreatedAt).ThenByDescending(run => run.Id).Take(limit + 1).ToList();
        return Page(rows, limit, Run, row => new(row.CreatedAt, row.Id));
    });

    public Task<IReadOnlyList<RunItemView>> ListItemsAsync(string run, int skip, int limit) =>
        ReadAsync<IReadOnlyList<RunItemView>>(db =>
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

    public Task<RecoveryPoint?> GetPointAsync(string id) => ReadAsync(db =>
        db.GetTable<PointRow>().FirstOrDefault(point => point.Id == id) is { } row ? Point(row) : null);

    public Task<ViewPage<RecoveryPoint>> ListPointsAsync(string? vm, int limit, ViewCursor? after) => ReadAsync(db =>
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
        ReadAsync<IReadOnlyList<string>>(db =>
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

    public Task DeletePointAsync(string id) => _writer.WriteAsync(db => db.GetTable<PointRow>().Delete(point => point.Id == id));

    public async Task<string?> ClaimKeyAsync(string key, string request, string run, DateTimeOffset now)
    {
        KeyRow? held = null;
        await _writer.WriteAsync(db =>
        {
            var keys = db.GetTable<KeyRow>();
            var oldest = (now - KeysLive).ToUnixTimeMilliseconds();
            keys.Delete(row => row.At < oldest);
            held = keys.FirstOrDefault(row => row.Key == key);
            if (held is not null) return;
            held = new() { Key = key, Run = run, Request = request, At = now.ToUnixTimeMilliseconds() };
            db.Insert(held);
        });
        return held!.Request == request ? held.Run : null;
    }

    public Task PingAsync() => Task.Run(() =>
    {
        using var db = Open();
        return ViewSchema.IsCurrent(db);
    });

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _reads.Dispose();
    }

    private async Task<T> ReadAsync<T>(Func<DataConnection, T> read)
    {
        await _reads.WaitAsync();
        try
        {
            return await Task.Run(() =>
            {
                using var db = Connect();
                return read(db);
            });
        }
        finally
        {
            _reads.Release();
        }
    }

    private DataConnection Connect() => new(_options);

    private SqliteConnection Open()
    {
        var db = new SqliteConnection(_file.ConnectionString);
        db.Open();
        return db;
    }

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

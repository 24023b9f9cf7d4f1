using LinqToDB;
using LinqToDB.Data;
using QgaOrchestrator.Actors.Persistence;

namespace QgaOrchestrator.Actors.Views;

/// <summary><c>views.db</c>: one writer, short reads, a few at a time; thrown away and built again at will.</summary>
public sealed class SqliteViews : IAsyncDisposable
{
    private const int ReadsAtOnce = 2;
    private readonly DataOptions _options;
    private readonly SemaphoreSlim _reads = new(ReadsAtOnce);
    private readonly ViewWriter _writer;

    public SqliteViews(SqliteFile file)
    {
        _options = file.Options(yield: false);
        _writer = new(Connect);
    }

    /// <summary>Ready for use when done: where the file is missing or older, after <paramref name="rebuild"/>.</summary>
    public async Task OpenAsync(Func<Task> rebuild)
    {
        var current = false;
        await _writer.WriteAsync(db =>
        {
            current = ViewSchema.IsCurrent(db);
            if (!current) ViewSchema.Create(db);
        });
        if (current) return;
        await rebuild();
        await _writer.WriteAsync(ViewSchema.MarkCurrent);
    }

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

    public Task<long> CountAsync() => ReadAsync(db => db.Execute<long>("SELECT count(*) FROM runs"));
}

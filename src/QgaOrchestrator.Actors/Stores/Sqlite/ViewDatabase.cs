using System.Data.Common;
using LinqToDB;
using LinqToDB.Data;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary><c>views.db</c>: one writer, short reads, a few at a time. The views and the idempotency keys share it.</summary>
public sealed class ViewDatabase : IAsyncDisposable
{
    private const int ReadsAtOnce = 2;
    private readonly SqliteFile _file;
    private readonly DataOptions _options;
    private readonly SqliteReader _reader;
    private readonly SqliteWriter _writer;

    public ViewDatabase(SqliteFile file)
    {
        _file = file;
        _options = file.Options(yield: false);
        _writer = new(file, Connect);
        _reader = new(file, Connect, ReadsAtOnce);
    }

    /// <summary>Done when the write is committed.</summary>
    internal Task WriteAsync(Action<DataConnection> write) => _writer.WriteAsync(write);

    internal Task<T> ReadAsync<T>(Func<DataConnection, T> read) => _reader.ReadAsync(read);

    /// <summary>Makes the tables anew, unless this version has built them completely.</summary>
    /// <param name="rebuild">Fills them.</param>
    internal async Task EnsureAsync(Func<Task> rebuild)
    {
        try
        {
            using var db = _file.Open();
            if (ViewSchema.IsCurrent(db)) return;
            ViewSchema.Create(db);
            await rebuild();
            ViewSchema.MarkCurrent(db);
        }
        catch (DbException e)
        {
            throw _file.Failed(e);
        }
    }

    internal Task PingAsync() => Task.Run(() =>
    {
        try
        {
            using var db = _file.Open();
            ViewSchema.IsCurrent(db);
        }
        catch (DbException e)
        {
            throw _file.Failed(e);
        }
    });

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _reader.Dispose();
    }

    private DataConnection Connect() => new(_options);
}

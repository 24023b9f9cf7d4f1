using System.Data.Common;
using System.Threading.Channels;
using LinqToDB.Data;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>
/// The only writer of a file: writes that arrive while one transaction commits are committed together in the next one. If
/// that fails, each of them is tried alone, so that a write that fails takes no other with it.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int MostAtOnce = 200;
    private readonly Channel<Work> _queue = Channel.CreateUnbounded<Work>(new() { SingleReader = true });
    private readonly SqliteFile _file;
    private readonly Func<DataConnection> _connect;
    private readonly Task _loop;

    public SqliteWriter(SqliteFile file, Func<DataConnection> connect)
    {
        (_file, _connect) = (file, connect);
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Done when the write is committed.</summary>
    public Task WriteAsync(Action<DataConnection> write)
    {
        var work = new Work(write);
        if (!_queue.Writer.TryWrite(work)) work.Done.SetException(new ObjectDisposedException(nameof(SqliteWriter)));
        return work.Done.Task;
    }

    /// <summary>Commits what is queued, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _loop;
    }

    private async Task RunAsync()
    {
        var batch = new List<Work>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < MostAtOnce && _queue.Reader.TryRead(out var work)) batch.Add(work);
            if (!Commit(batch) && batch.Count > 1)
                foreach (var work in batch) Commit([work]);
            batch.Clear();
        }
    }

    private bool Commit(IReadOnlyList<Work> batch)
    {
        try
        {
            using var db = _connect();
            using var transaction = db.BeginTransaction();
            foreach (var work in batch) work.Write(db);
            transaction.Commit();
        }
        catch (Exception e)
        {
            if (batch.Count == 1) batch[0].Done.SetException(e is DbException error ? _file.Failed(error) : e);
            return false;
        }
        foreach (var work in batch) work.Done.SetResult();
        return true;
    }

    private sealed record Work(Action<DataConnection> Write)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

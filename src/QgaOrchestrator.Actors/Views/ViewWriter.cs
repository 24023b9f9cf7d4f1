using System.Threading.Channels;
using LinqToDB.Data;

namespace QgaOrchestrator.Actors.Views;

/// <summary>
/// The views' only writer: what is queued while one transaction commits goes into the next one together. A write that
/// fails is tried alone, so that it takes no other with it.
/// </summary>
internal sealed class ViewWriter : IAsyncDisposable
{
    private const int MostAtOnce = 200;
    private readonly Channel<Work> _queue = Channel.CreateUnbounded<Work>(new() { SingleReader = true });
    private readonly Func<DataConnection> _connect;
    private readonly Task _loop;

    public ViewWriter(Func<DataConnection> connect)
    {
        _connect = connect;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Done when the write is committed.</summary>
    public Task WriteAsync(Action<DataConnection> write)
    {
        var work = new Work(write);
        if (!_queue.Writer.TryWrite(work)) work.Done.SetException(new ObjectDisposedException(nameof(ViewWriter)));
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
            if (batch.Count == 1) batch[0].Done.SetException(e);
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

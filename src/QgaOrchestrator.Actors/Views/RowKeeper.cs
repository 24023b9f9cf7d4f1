using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Actors.Views;

/// <summary>
/// Writes the rows of runs and points. Nothing waits for them, and they can be rebuilt from the journal, so a failure is only
/// logged. What a store that is away did not take is written when it is back; of a run only the newest.
/// </summary>
public sealed partial class RowKeeper(IViews views, TimeProvider time, ILogger<RowKeeper> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _queueing = new();
    private readonly Dictionary<string, Func<Task>> _waiting = [];
    private readonly Dictionary<string, Task> _busy = [];

    /// <summary>Done when this row or a newer one is written, or cannot be written now.</summary>
    public Task KeepAsync(RunView run) => Keep(
        $"run {run.Summary.Id}",
        () => run.Summary.EndedAt is null ? views.SaveRunAsync(run.Summary) : views.SaveEndedRunAsync(run.Summary, run.Items));

    /// <summary>Done when the point is in the catalog, or cannot be written now.</summary>
    public Task KeepAsync(RecoveryPoint point) => Keep(
        $"recovery point {point.Id}", () => views.SavePointAsync(point, point.Proof.CutAt ?? time.GetUtcNow()));

    private Task Keep(string what, Func<Task> write)
    {
        lock (_queueing)
        {
            _waiting[what] = write;
            return _busy.TryGetValue(what, out var work) ? work : _busy[what] = Task.Run(() => WorkAsync(what));
        }
    }

    private async Task WorkAsync(string what)
    {
        while (Next(what) is { } write)
        {
            try
            {
                await write();
            }
            catch (StoreException e) when (e.IsAway)
            {
                LogLate(log, what, e.Message);
                _ = AgainAsync(what, write);
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                LogNotWritten(log, e, what);
            }
        }
    }

    private async Task AgainAsync(string what, Func<Task> write)
    {
        lock (_queueing) _waiting.TryAdd(what, write);
        await Task.Delay(Pause, time);
        await WorkAsync(what);
    }

    /// <summary>Null: nothing is to be written, and nobody is at it any more.</summary>
    private Func<Task>? Next(string what)
    {
        lock (_queueing)
        {
            if (_waiting.Remove(what, out var write)) return write;
            _busy.Remove(what);
            return null;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Debug, Message = "The row of {What} is written when the store is back: {Reason}")]
    private static partial void LogLate(ILogger log, string what, string reason);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The row of {What} could not be written to the views; they are rebuilt where views.db is removed")]
    private static partial void LogNotWritten(ILogger log, Exception e, string what);
}

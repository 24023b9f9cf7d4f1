using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Stores;

namespace QgaOrchestrator.Actors.Audit;

/// <summary>
/// Writes what has happened already and must not be lost: an entry that the log cannot take now is tried again until it can.
/// No thaw waits for it.
/// </summary>
public sealed partial class AuditKeeper(IAuditLog audit, TimeProvider time, ILogger<AuditKeeper> log)
{
    private int _waiting;

    /// <summary>Entries that are not on disk yet.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Never fails. Done when the entries are on disk, or when the node has stopped.</summary>
    /// <param name="entries">An entry whose key is in the log already is skipped.</param>
    public async Task KeepAsync(IReadOnlyList<AuditEntry> entries)
    {
        Interlocked.Add(ref _waiting, entries.Count);
        try
        {
            await WriteAsync(entries);
        }
        finally
        {
            Interlocked.Add(ref _waiting, -entries.Count);
        }
    }

    private async Task WriteAsync(IReadOnlyList<AuditEntry> entries)
    {
        for (var late = false; ; late = true)
        {
            try
            {
                await audit.AppendAsync(entries);
                if (late) LogWritten(log, entries.Count);
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (Exception e)
            {
                if (!late) LogLate(log, entries.Count, entries[0].What, entries[0].Vm ?? entries[0].Run, e);
            }
            await Task.Delay(Pause, time);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The audit log cannot be written. {Count} entries ({What} of {Whom}, …) are kept in memory and "
            + "tried again every 5 s"
    )]
    private static partial void LogLate(ILogger log, int count, string what, string? whom, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The audit log can be written again: {Count} entries are written late")]
    private static partial void LogWritten(ILogger log, int count);
}

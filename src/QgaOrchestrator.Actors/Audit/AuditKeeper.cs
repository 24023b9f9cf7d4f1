using Microsoft.Extensions.Logging;

namespace QgaOrchestrator.Actors.Audit;

/// <summary>
/// For what has happened already and must not be lost: an entry that the log does not take now is offered again until it
/// does. Nobody who thaws waits for it.
/// </summary>
public sealed partial class AuditKeeper(SqliteAudit audit, TimeProvider time, ILogger<AuditKeeper> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Never fails. Done when the entries are on disk, or when the node has stopped.</summary>
    /// <param name="entries">Whose key is in the log already is passed over.</param>
    public async Task KeepAsync(IReadOnlyList<AuditEntry> entries)
    {
        for (var told = false; ; told = true)
        {
            try
            {
                await audit.AppendAsync(entries);
                if (told) LogWritten(log, entries.Count);
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (Exception e)
            {
                if (!told) LogLate(log, entries.Count, entries[0].What, entries[0].Vm ?? entries[0].Run, e);
            }
            await Task.Delay(Pause, time);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "the audit log does not take {Count} entries ({What} of {Whom}, …); they are kept and offered again"
    )]
    private static partial void LogLate(ILogger log, int count, string what, string? whom, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the audit log has taken {Count} entries late")]
    private static partial void LogWritten(ILogger log, int count);
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Stores;

namespace QgaOrchestrator.Actors.Retention;

/// <summary>Trims the stores once a day, in the background: nothing waits for it.</summary>
public sealed partial class RetentionService(StoreTrim trim, TimeProvider time, ILogger<RetentionService> log) : BackgroundService
{
    /// <summary>The node's start comes first.</summary>
    private static readonly TimeSpan AfterStart = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan Every = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var wait = AfterStart; ; wait = Every)
        {
            await Task.Delay(wait, time, stoppingToken);
            try
            {
                var report = await trim.TrimAsync(stoppingToken);
                if (report.Broken is { } broken) LogBroken(log, broken);
                if (report.Runs > 0 || report.Entries > 0) LogTrimmed(log, report.Runs, report.Entries);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or StoreException or InvalidDataException)
            {
                LogLate(log, e.Message);
            }
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Removed {Runs} runs and {Entries} entries of the audit log that are older than Store.Keep"
    )]
    private static partial void LogTrimmed(ILogger log, int runs, long entries);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Entry {Number} of the audit log is not what was written, so it and all later ones are kept. Run: qgactl audit "
            + "--verify"
    )]
    private static partial void LogBroken(ILogger log, long number);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Runs and audit entries older than Store.Keep could not be removed: {Reason}. The next try is in a day"
    )]
    private static partial void LogLate(ILogger log, string reason);
}

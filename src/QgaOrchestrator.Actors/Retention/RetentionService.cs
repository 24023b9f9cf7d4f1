using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace QgaOrchestrator.Actors.Retention;

/// <summary>Trims the stores once a day, on a thread of the pool: nothing waits for it.</summary>
public sealed partial class RetentionService(StoreTrim trim, TimeProvider time, ILogger<RetentionService> log) : BackgroundService
{
    /// <summary>What a start has to do comes first.</summary>
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
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DbException or InvalidDataException)
            {
                LogLate(log, e.Message);
            }
        }
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Store.Keep: {Runs} runs and {Entries} entries of the audit log were removed"
    )]
    private static partial void LogTrimmed(ILogger log, int runs, long entries);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Entry {Number} of the audit log is not what was written, so it and later ones are kept. See qgactl audit "
            + "--verify"
    )]
    private static partial void LogBroken(ILogger log, long number);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "What is older than Store.Keep could not be removed; it is tried again in a day: {Reason}"
    )]
    private static partial void LogLate(ILogger log, string reason);
}

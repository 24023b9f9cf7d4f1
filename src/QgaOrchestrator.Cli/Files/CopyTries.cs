using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Files;

/// <summary>
/// Goes on with a copy that broke off: at once, then with growing pauses, for as long as something arrives now and then. What
/// has not begun is not tried again: a wrong name is told at once.
/// </summary>
internal sealed class CopyTries(TimeProvider time, CopyProgressLine progress)
{
    /// <summary>How long a copy goes without a byte before it gives up.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    public async Task<T> RunAsync<T>(Func<Task<T>> attempt, CancellationToken cancel)
    {
        var (moved, since, pause) = (0L, time.GetTimestamp(), TimeSpan.Zero);
        while (true)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (Exception e) when (CliErrors.IsPassing(e) && progress.Moved > 0)
            {
                if (progress.Moved > moved) (moved, since, pause) = (progress.Moved, time.GetTimestamp(), TimeSpan.Zero);
                if (time.GetElapsedTime(since) > Patience) throw;
                progress.Say($"the connection was lost; resuming: {e.Message}");
                if (pause > TimeSpan.Zero) await Task.Delay(pause, time, cancel).ConfigureAwait(false);
                pause =
                    pause == TimeSpan.Zero ? TimeSpan.FromMilliseconds(500) : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }
}

using Akka.Actor;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Views;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>
/// Opens the views at the node's start, and builds them where they are missing. A node whose store is away starts all the same,
/// since guests are thawed and VMs served without it, and opens them when it is back.
/// </summary>
public sealed partial class StoreOpening(
    IViews views, IJournal journal, RunKinds kinds, TimeProvider time, ILogger<StoreOpening> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The views were opened.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Done when the views are open, or the store is away.</summary>
    /// <exception cref="StoreException">The store cannot be used.</exception>
    public async Task OpenAsync(ActorSystem system)
    {
        try
        {
            await OpenNowAsync(system);
        }
        catch (StoreException e) when (e.IsAway)
        {
            LogAway(log, e.Message);
            _ = OpenLaterAsync(system);
        }
    }

    private async Task OpenNowAsync(ActorSystem system)
    {
        await views.OpenAsync(async fresh =>
        {
            if (!await journal.IsNewAsync()) await new JournalReplay(system, kinds).ReplayAsync(fresh);
        });
        IsDone = true;
    }

    private async Task OpenLaterAsync(ActorSystem system)
    {
        while (!IsDone && !system.WhenTerminated.IsCompleted)
        {
            await Task.Delay(Pause, time);
            try
            {
                await OpenNowAsync(system);
                LogOpen(log);
            }
            catch (StoreException e) when (e.IsAway)
            {
                // It was told.
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                LogFailed(log, e);
                return;
            }
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The node starts without its store, and tries again every second: {Reason}"
    )]
    private static partial void LogAway(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The store answers: runs go on")]
    private static partial void LogOpen(ILogger log);

    [LoggerMessage(Level = LogLevel.Error, Message = "The store answers and cannot be used. Mend it, then restart this node")]
    private static partial void LogFailed(ILogger log, Exception error);
}

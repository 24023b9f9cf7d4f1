using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Hosting;

namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>Reserves file descriptors for the VMs: HTTP connections get the rest. Logs a limit that is too low for the
/// fleet.</summary>
public sealed partial class DescriptorWatch(
    ConnectionBook book,
    INodeActors actors,
    IOrchestrator orchestrator,
    TimeProvider time,
    ILogger<DescriptorWatch> log
) : BackgroundService
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var limit = OpenFiles.Limit();
        book.Most = OpenFiles.Connections(limit, 0);
        var reported = 0;
        try
        {
            await actors.Discovered.WaitAsync(stoppingToken);
            for (; ; await Task.Delay(Again, time, stoppingToken))
            {
                if (await CountAsync(stoppingToken) is not { } vms) continue;
                book.Most = OpenFiles.Connections(limit, vms);
                var needed = OpenFiles.Needed(vms);
                if (needed <= limit || vms <= reported) continue;
                LogTooLow(log, limit, vms, needed);
                reported = vms;
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private async Task<int?> CountAsync(CancellationToken stop)
    {
        try
        {
            return (await orchestrator.ListVmsAsync(stop)).Count;
        }
        catch (Akka.Actor.AskTimeoutException)
        {
            return null;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "This process may open {Limit} files, and {Vms} VMs need {Needed}: some VMs will not be reached. Set "
            + "LimitNOFILE={Needed} or more in qgad's systemd unit (systemctl edit qgad), or ulimit -n, and start it again"
    )]
    private static partial void LogTooLow(ILogger log, int limit, int vms, int needed);
}

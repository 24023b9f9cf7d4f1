using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>
/// Ends the process because of the cluster: 2, started as it is it would end again; 1, a restart helps. Guests are thawed first;
/// whatever hangs, the process is gone 3 s later.
/// </summary>
public sealed partial class NodeEnd(
    INodeActors actors, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<NodeEnd> log)
{
    private static readonly TimeSpan ForThaws = TimeSpan.FromSeconds(1.5), ForTheRest = TimeSpan.FromSeconds(0.5);

    private int _code;

    /// <summary>Null: the cluster has not ended it.</summary>
    public int? ExitCode => _code == 0 ? null : _code;

    /// <summary>Does nothing where the node stops already.</summary>
    public void Begin(int code, string why)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) return;
        if (Interlocked.CompareExchange(ref _code, code, 0) != 0) return;
        Ends(code, why);
        _ = EndAsync(code);
    }

    private async Task EndAsync(int code)
    {
        // In vain where the host's actor has ended: then the watchdog thaws as soon as the process is gone.
        await Task.WhenAny(actors.CloseWindowsAsync(), Task.Delay(ForThaws, time));
        lifetime.StopApplication();
        await Task.Delay(ForTheRest, time);
        Environment.Exit(code);
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "This node ends with exit code {Code}: {Why}")]
    private partial void Ends(int code, string why);
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>
/// Ends the process because of the cluster: 2, started as it is it would end again; 1, a restart helps. Guests are thawed first;
/// whatever hangs, the process is gone 3 s later.
/// </summary>
public sealed partial class NodeEnd(
    INodeActors actors, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<NodeEnd> log)
{
    private static readonly TimeSpan ForThaws = TimeSpan.FromSeconds(1.5), ForTheRest = TimeSpan.FromSeconds(0.5);

    /// <summary>Then the process ends whatever still works in it.</summary>
    private static readonly TimeSpan ForAll = TimeSpan.FromSeconds(2.8);

    private int _code;

    /// <summary>Null: the cluster has not ended it.</summary>
    public int? ExitCode => _code == 0 ? null : _code;

    /// <summary>Does nothing where the node stops already.</summary>
    public void Begin(int code, string why)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) return;
        if (Interlocked.CompareExchange(ref _code, code, 0) != 0) return;
        Ends(code, why);
        new Thread(() => EndAfterAll(code)) { IsBackground = true, Name = "end of the node" }.Start();
        _ = EndAsync(code);
    }

    /// <summary>A thread of its own: on a host without a free processor the pool's may all wait for something.</summary>
    private static void EndAfterAll(int code)
    {
        using var never = new ManualResetEventSlim();
        never.Wait(ForAll);
        OwnProcess.EndNow(code);
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

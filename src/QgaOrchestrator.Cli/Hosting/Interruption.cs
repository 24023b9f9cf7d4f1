using System.Runtime.InteropServices;

namespace QgaOrchestrator.Cli.Hosting;

/// <summary>
/// The signals that end qgactl. Ctrl-C comes from the person in front of it, who may only want to look away. SIGTERM ends
/// qgactl before its work is done, so it never exits with 0.
/// </summary>
internal sealed class Interruption : IDisposable
{
    /// <summary>What still has not ended then, as a question that waits for its answer, is ended.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt, _terminate;
    private readonly Timer _end = new(static _ => Environment.Exit(ExitCodes.Failed));

    public Interruption()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
    }

    /// <summary>Cancelled by the first signal. A second one ends the process at once.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>It was SIGTERM.</summary>
    public bool IsTermination { get; private set; }

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _end.Dispose();
        _source.Dispose();
    }

    private void End(PosixSignalContext signal)
    {
        if (_source.IsCancellationRequested) return;
        signal.Cancel = true;
        IsTermination = signal.Signal == PosixSignal.SIGTERM;
        _end.Change(Patience, Timeout.InfiniteTimeSpan);
        _source.Cancel();
    }
}

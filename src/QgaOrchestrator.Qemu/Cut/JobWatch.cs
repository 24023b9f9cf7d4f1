using System.Threading.Channels;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>
/// Looks at the jobs whenever an event tells that one changed, and now and then without: events are not replayed, and one
/// that came while the link was down is lost.
/// </summary>
internal sealed class JobWatch : IDisposable
{
    private readonly IMonitor _monitor;
    private readonly TimeProvider _time;
    private readonly CutLimits _limits;
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Dictionary<string, (long Progress, long Since)> _paused = [];

    /// <summary>Listens from here on: make it before the command that starts the job.</summary>
    public JobWatch(IMonitor monitor, TimeProvider time, CutLimits limits)
    {
        (_monitor, _time, _limits) = (monitor, time, limits);
        monitor.EventReceived += OnEvent;
        monitor.Closed += OnClosed;
    }

    /// <exception cref="MonitorException">The monitor did not answer.</exception>
    /// <exception cref="CutException">QEMU has no such command.</exception>
    public async Task<IReadOnlyList<Job>> LookAsync() =>
        await QueryJobs.AskAsync(_monitor, _limits.Command).ConfigureAwait(false)
        ?? throw new CutException("this QEMU does not tell of its jobs (query-jobs)", "Needs QEMU 4.0 or later.");

    /// <summary>
    /// QEMU has paused the job and does not resume it. It pauses a job for milliseconds each time it drains the job's nodes;
    /// one that begins meanwhile may be left paused for good (seen with QEMU 7.2: a commit, beside a write by qemu-io in its
    /// monitor).
    /// </summary>
    public bool IsStalled(Job job)
    {
        if (job.Status != "paused")
        {
            _paused.Remove(job.Id);
            return false;
        }

        if (_paused.TryGetValue(job.Id, out var seen) && seen.Progress == job.CurrentProgress)
            return _time.GetElapsedTime(seen.Since) > _limits.Paused;
        _paused[job.Id] = (job.CurrentProgress, _time.GetTimestamp());
        return false;
    }

    /// <summary>Waits for a change, at most until the next look is due.</summary>
    public async Task ChangedAsync(CancellationToken cancel)
    {
        using var due = new CancellationTokenSource(_limits.Poll, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(due.Token, cancel);
        try
        {
            await _changes.Reader.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // No event: look all the same.
        }
    }

    public void Dispose()
    {
        _monitor.EventReceived -= OnEvent;
        _monitor.Closed -= OnClosed;
    }

    private void OnEvent(MonitorEvent happened)
    {
        if (happened.Name.Contains("JOB_", StringComparison.Ordinal)) _changes.Writer.TryWrite(true);
    }

    private void OnClosed(string reason) => _changes.Writer.TryWrite(true);
}

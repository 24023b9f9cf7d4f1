using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Monitor;

/// <summary>
/// The monitor behind a unix socket (<c>-qmp unix:…</c> or <c>-mon mode=control</c>). QEMU serves one client: another one
/// connects well and is never greeted, so no greeting in time means busy.
/// </summary>
/// <param name="path">Of the socket, at most 107 bytes.</param>
/// <param name="hold">Per-command: others use it too, and one that is busy is tried again until the time-out.</param>
public sealed class SocketMonitor(string path, TimeProvider time, SocketHold hold = SocketHold.Exclusive) : IMonitor
{
    private readonly SemaphoreSlim _opening = new(1);
    private readonly Lock _lock = new();
    private MonitorLink? _link;
    private MonitorOpenOutcome.Ready? _ready;

    public event Action<MonitorEvent>? EventReceived;

    public event Action<string>? Closed;

    public bool IsOpen => Current() is not null;

    public QemuProcess? Process { get; private set; }

    public async Task<MonitorOpenOutcome> OpenAsync(TimeSpan timeout)
    {
        using var due = new CancellationTokenSource(timeout, time);
        try
        {
            await _opening.WaitAsync(due.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new MonitorOpenOutcome.NoGreeting("it is being opened already");
        }

        try
        {
            if (Current() is { } open) return open;
            var connect = await SharedConnect.ConnectAsync(
                path, hold, LineMemory.Monitors, time, () => !due.IsCancellationRequested).ConfigureAwait(false);
            return connect switch
            {
                ConnectOutcome.Connected connected =>
                    await NegotiateAsync(new(connected.Connection, time), timeout, due.Token).ConfigureAwait(false),
                ConnectOutcome.Busy busy => new MonitorOpenOutcome.NoGreeting(busy.Reason),
                ConnectOutcome.NoSocket none => new MonitorOpenOutcome.NoSocket(none.Reason),
                var other => new MonitorOpenOutcome.NoSocket(other.ToString()),
            };
        }
        catch (OperationCanceledException)
        {
            return new MonitorOpenOutcome.NoGreeting("the connect was not answered");
        }
        finally
        {
            _opening.Release();
        }
    }

    public Task<MonitorOutcome> ExecuteAsync(string command, ReadOnlyMemory<byte> arguments, TimeSpan timeout)
    {
        MonitorLink? link;
        lock (_lock) link = _ready is null ? null : _link;
        return link?.ExecuteAsync(command, arguments, timeout)
            ?? Task.FromResult<MonitorOutcome>(new MonitorOutcome.NotSent("the monitor is not connected"));
    }

    public void Close()
    {
        MonitorLink? link;
        lock (_lock)
        {
            link = _link;
            Forget();
        }

        link?.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    private MonitorOpenOutcome.Ready? Current()
    {
        lock (_lock) return _link is { IsUp: true } ? _ready : null;
    }

    private async Task<MonitorOpenOutcome> NegotiateAsync(MonitorLink link, TimeSpan timeout, CancellationToken due)
    {
        lock (_lock)
        {
            Forget();
            _link = link;
        }

        var reading = link.RunAsync(happened => EventReceived?.Invoke(happened));
        try
        {
            var version = await link.Greeting.WaitAsync(due).ConfigureAwait(false);
            var capabilities = await link.ExecuteAsync("qmp_capabilities", default, timeout).ConfigureAwait(false);
            if (capabilities is not MonitorOutcome.Returned)
                return GiveUp(link, $"the capabilities were not negotiated: {capabilities}");
            MonitorOpenOutcome.Ready ready = new(version);
            lock (_lock)
            {
                if (_link != link) return new MonitorOpenOutcome.NoGreeting("it was closed meanwhile");
                (_ready, Process) = (ready, Identify(link.Peer));
            }

            _ = ReportEndAsync(link, reading);
            return ready;
        }
        catch (IOException error)
        {
            return GiveUp(link, error.Message);
        }
        catch (OperationCanceledException)
        {
            return GiveUp(link, "no greeting: another client holds the monitor, or QEMU hangs");
        }
    }

    private MonitorOpenOutcome.NoGreeting GiveUp(MonitorLink link, string reason)
    {
        lock (_lock)
        {
            if (_link == link) Forget();
        }

        link.Dispose();
        return new(reason);
    }

    /// <summary>Tells of an end that nobody here asked for.</summary>
    private async Task ReportEndAsync(MonitorLink link, Task<string?> reading)
    {
        var reason = await reading.ConfigureAwait(false);
        lock (_lock)
        {
            if (_link == link) Forget();
        }

        link.Dispose();
        if (reason is not null) Closed?.Invoke(reason);
    }

    private void Forget() => (_link, _ready, Process) = (null, null, null);

    /// <summary>Null for a process that our /proc does not show: another pid namespace, or a QEMU that forked since.</summary>
    private static QemuProcess? Identify(PeerCredentials? peer) =>
        peer is { Pid: > 0 } && HostProcesses.StartTicks(peer.Pid) is { } started ? new(peer.Pid, started, peer.Uid) : null;
}

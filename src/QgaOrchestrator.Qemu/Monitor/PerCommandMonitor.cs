using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Monitor;

/// <summary>
/// A monitor whose socket others use too: connected while a command is under way, and without a break while somebody holds
/// it (a window, from its reservation to its settlement). Events are seen only while it is connected.
/// </summary>
public sealed class PerCommandMonitor(IMonitor monitor) : IMonitor
{
    private static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private int _users;
    private volatile QemuProcess? _process;

    public event Action<MonitorEvent>? EventReceived
    {
        add => monitor.EventReceived += value;
        remove => monitor.EventReceived -= value;
    }

    public event Action<string>? Closed
    {
        add => monitor.Closed += value;
        remove => monitor.Closed -= value;
    }

    public bool IsOpen => monitor.IsOpen;

    /// <summary>Also between commands, for as long as the process lives that was behind the last one.</summary>
    public QemuProcess? Process =>
        monitor.Process ?? (_process is { } last && HostProcesses.IsRunning(last) ? last : null);

    /// <summary>Opens it for a look; it is let go again unless something else uses it.</summary>
    public async Task<MonitorOpenOutcome> OpenAsync(TimeSpan timeout)
    {
        Use(1);
        try
        {
            return await ConnectAsync(timeout).ConfigureAwait(false);
        }
        finally
        {
            Use(-1);
        }
    }

    public async Task<MonitorOutcome> ExecuteAsync(string command, ReadOnlyMemory<byte> arguments, TimeSpan timeout)
    {
        Use(1);
        try
        {
            return await ConnectAsync(OpenTimeout).ConfigureAwait(false) switch
            {
                MonitorOpenOutcome.Ready => await monitor.ExecuteAsync(command, arguments, timeout).ConfigureAwait(false),
                MonitorOpenOutcome.NoSocket none => new MonitorOutcome.NotSent(none.Reason),
                MonitorOpenOutcome.NoGreeting none => new MonitorOutcome.NotSent(none.Reason),
                var other => throw new InvalidOperationException($"Unknown outcome of open: {other}"),
            };
        }
        finally
        {
            Use(-1);
        }
    }

    public void Hold(bool on) => Use(on ? 1 : -1);

    public void Close() => monitor.Close();

    public ValueTask DisposeAsync() => monitor.DisposeAsync();

    private async Task<MonitorOpenOutcome> ConnectAsync(TimeSpan timeout)
    {
        var opened = await monitor.OpenAsync(timeout).ConfigureAwait(false);
        if (opened is MonitorOpenOutcome.Ready) _process = monitor.Process;
        return opened;
    }

    private void Use(int change)
    {
        lock (_lock)
        {
            _users += change;
            if (_users == 0) monitor.Close();
        }
    }
}

using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Monitor;

/// <summary>
/// One QEMU's monitor (QMP), seen as a call. Several calls may be under way at once; replies are matched by id.
/// </summary>
public interface IMonitor : IAsyncDisposable
{
    bool IsOpen { get; }

    /// <summary>The QEMU process behind the link, null where that cannot be told (another pid namespace, libvirt).</summary>
    QemuProcess? Process { get; }

    /// <summary>Events in the order of their arrival, on the reader's thread: hand them on, do not work in the handler.</summary>
    event Action<MonitorEvent>? EventReceived;

    /// <summary>Raised once for each open link that ends without <see cref="Close"/>.</summary>
    event Action<string>? Closed;

    /// <summary>Connects, reads the greeting, negotiates capabilities. Idempotent while open.</summary>
    Task<MonitorOpenOutcome> OpenAsync(TimeSpan timeout);

    /// <summary>Executes one command. <paramref name="arguments"/> is a UTF-8 JSON object, or empty for none.</summary>
    Task<MonitorOutcome> ExecuteAsync(string command, ReadOnlyMemory<byte> arguments, TimeSpan timeout);

    /// <summary>Keeps a link that is let go after each command (per-command) until it is taken back; else nothing.</summary>
    void Hold(bool on) { }

    /// <summary>Drops the link at once; calls under way end as <see cref="MonitorOutcome.Unknown"/>.</summary>
    void Close();
}

/// <summary>An event: <paramref name="Data"/> is its "data" object, UTF-8, or empty. No event is ever replayed.</summary>
public sealed record MonitorEvent(string Name, ReadOnlyMemory<byte> Data);

/// <summary>What became of a monitor's command.</summary>
public abstract record MonitorOutcome
{
    private MonitorOutcome() { }

    public sealed record Returned(ReadOnlyMemory<byte> Json) : MonitorOutcome;

    public sealed record Refused(string Class, string Description) : MonitorOutcome;

    public sealed record NotSent(string Reason) : MonitorOutcome;

    public sealed record Unknown(string Reason) : MonitorOutcome;
}

/// <summary>How an <see cref="IMonitor.OpenAsync"/> ended.</summary>
public abstract record MonitorOpenOutcome
{
    private MonitorOpenOutcome() { }

    /// <summary>Capabilities are negotiated; <paramref name="Version"/> is QEMU's, as in 7.2.22.</summary>
    public sealed record Ready(Version Version) : MonitorOpenOutcome;

    public sealed record NoSocket(string Reason) : MonitorOpenOutcome;

    /// <summary>Connected, but no greeting: another client holds the monitor (QEMU serves one), or QEMU hangs.</summary>
    public sealed record NoGreeting(string Reason) : MonitorOpenOutcome;
}

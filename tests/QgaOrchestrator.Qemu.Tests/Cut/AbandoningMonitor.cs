using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Tests.Cut;

/// <summary>A node that is killed right after its n-th command went out: QEMU has it, and nobody hears the reply.</summary>
internal sealed class AbandoningMonitor(IMonitor inner, int after) : IMonitor
{
    private int _sent;

    /// <summary>The command that was the last one.</summary>
    public string? Last { get; private set; }

    public bool IsOpen => Last is null && inner.IsOpen;

    public QemuProcess? Process => inner.Process;

    public event Action<MonitorEvent>? EventReceived
    {
        add => inner.EventReceived += value;
        remove => inner.EventReceived -= value;
    }

    public event Action<string>? Closed
    {
        add => inner.Closed += value;
        remove => inner.Closed -= value;
    }

    public Task<MonitorOpenOutcome> OpenAsync(TimeSpan timeout) => inner.OpenAsync(timeout);

    public async Task<MonitorOutcome> ExecuteAsync(string command, ReadOnlyMemory<byte> arguments, TimeSpan timeout)
    {
        if (Last is not null) return new MonitorOutcome.NotSent("the node was killed");
        if (++_sent < after) return await inner.ExecuteAsync(command, arguments, timeout);
        Last = command;
        var reply = inner.ExecuteAsync(command, arguments, timeout);
        inner.Close();
        await reply;
        return new MonitorOutcome.Unknown("the node was killed");
    }

    public void Close() => inner.Close();

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

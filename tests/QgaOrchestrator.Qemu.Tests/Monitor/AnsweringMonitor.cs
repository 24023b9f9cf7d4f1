using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Tests.Monitor;

/// <summary>A monitor that is always open, tells no event, and answers as its heir says.</summary>
internal abstract class AnsweringMonitor : IMonitor
{
    public bool IsOpen => true;

    public QemuProcess? Process => null;

    public event Action<MonitorEvent>? EventReceived
    {
        add { }
        remove { }
    }

    public event Action<string>? Closed
    {
        add { }
        remove { }
    }

    public Task<MonitorOpenOutcome> OpenAsync(TimeSpan timeout) =>
        Task.FromResult<MonitorOpenOutcome>(new MonitorOpenOutcome.Ready(new(7, 2, 0)));

    public Task<MonitorOutcome> ExecuteAsync(string command, ReadOnlyMemory<byte> arguments, TimeSpan timeout) =>
        Task.FromResult(Answer(command, arguments));

    public void Close() { }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    protected abstract MonitorOutcome Answer(string command, ReadOnlyMemory<byte> arguments);
}

using System.Collections.Frozen;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Qemu.Machines;

/// <summary>A machine whose QEMU obeys us: cut methods that work in QEMU's block layer ask for it.</summary>
public interface IQmpMachine : IMachine
{
    IMonitor Monitor { get; }
}

/// <summary>A machine behind a monitor that speaks QMP.</summary>
/// <param name="monitor">Closed with the machine.</param>
/// <param name="agent">The path of the agent's socket, by which its port is recognised; null: there is none.</param>
public sealed class QmpMachine(IMonitor monitor, string? agent = null) : IQmpMachine
{
    private static readonly FrozenDictionary<string, MachineChange> Changes = new Dictionary<string, MachineChange>
    {
        ["VSERPORT_CHANGE"] = MachineChange.Port,
        ["STOP"] = MachineChange.Stopped,
        ["RESUME"] = MachineChange.Resumed,
        ["BLOCK_IO_ERROR"] = MachineChange.DiskFault,
        ["SHUTDOWN"] = MachineChange.ShutDown,
        ["RESET"] = MachineChange.Reset,
        ["SUSPEND"] = MachineChange.Suspended,
        ["SUSPEND_DISK"] = MachineChange.Hibernated,
        ["WAKEUP"] = MachineChange.Woken,
    }.ToFrozenDictionary();

    private readonly Lock _lock = new();
    private Action<MachineEvent>? _happened;

    public IMonitor Monitor => monitor;

    public bool IsOpen => monitor.IsOpen;

    public QemuProcess? Process => monitor.Process;

    public event Action<MachineEvent>? Happened
    {
        add
        {
            lock (_lock)
            {
                if (_happened is null) monitor.EventReceived += Hear;
                _happened += value;
            }
        }
        remove
        {
            lock (_lock)
            {
                _happened -= value;
                if (_happened is null) monitor.EventReceived -= Hear;
            }
        }
    }

    public event Action<string>? Lost
    {
        add => monitor.Closed += value;
        remove => monitor.Closed -= value;
    }

    public async Task<MachineOpening> OpenAsync(TimeSpan timeout) =>
        await monitor.OpenAsync(timeout).ConfigureAwait(false) switch
        {
            MonitorOpenOutcome.Ready ready => new MachineOpening.Ready(ready.Version),
            MonitorOpenOutcome.NoSocket none => new MachineOpening.NoAnswer(none.Reason),
            MonitorOpenOutcome.NoGreeting none => new MachineOpening.NoAnswer(none.Reason),
            var other => throw new InvalidOperationException($"Unknown outcome of open: {other}"),
        };

    public Task<Version?> VersionAsync(TimeSpan timeout) => QueryVersion.AskAsync(monitor, timeout);

    public Task<string?> UuidAsync(TimeSpan timeout) => QueryUuid.AskAsync(monitor, timeout);

    public Task<MachineStatus?> StatusAsync(TimeSpan timeout) => QueryStatus.AskAsync(monitor, timeout);

    public async Task<string?> MigrationAsync(TimeSpan timeout) =>
        await QueryMigrate.AskAsync(monitor, timeout).ConfigureAwait(false) is var status && QueryMigrate.IsUnderWay(status)
            ? status
            : null;

    public async Task<bool?> HasMovedAsync(TimeSpan timeout) =>
        await QueryMigrate.AskAsync(monitor, timeout).ConfigureAwait(false) == QueryMigrate.Completed;

    public async Task<bool?> IsAgentPortOpenAsync(TimeSpan timeout) =>
        agent is null
            ? null
            : QueryChardev.IsAgentUp(await QueryChardev.AskAsync(monitor, timeout).ConfigureAwait(false), agent);

    public async Task<bool?> CanWakeAsync(TimeSpan timeout) =>
        (await QueryCurrentMachine.AskAsync(monitor, timeout).ConfigureAwait(false))?.WakeupSuspendSupport;

    public async Task<WakeOutcome> WakeAsync(TimeSpan timeout) =>
        await SystemWakeup.ExecuteAsync(monitor, timeout).ConfigureAwait(false) switch
        {
            MonitorOutcome.Returned => new WakeOutcome.Woken(),
            MonitorOutcome.Refused refused => new WakeOutcome.Refused(refused.Description),
            MonitorOutcome.NotSent notSent => new WakeOutcome.NotSent($"{SystemWakeup.Name}: {notSent.Reason}"),
            MonitorOutcome.Unknown unknown => new WakeOutcome.Unknown(unknown.Reason),
            var other => throw new InvalidOperationException($"unexpected outcome {other}"),
        };

    public Task<VmDisks> DisksAsync(IReadOnlyList<string> exclude, Func<int, string> image, TimeSpan timeout) =>
        WritableDisks.ListAsync(monitor, exclude, image, timeout);

    public async Task<IReadOnlyList<string>> BrokenBitmapsAsync(TimeSpan timeout) =>
    [
        .. from block in await QueryBlock.AskAsync(monitor, timeout).ConfigureAwait(false) ?? []
           from bitmap in block.Inserted?.DirtyBitmaps ?? []
           where bitmap.Inconsistent
           select $"{block.Inserted!.NodeName}/{bitmap.Name}",
    ];

    public void Hold(bool on) => monitor.Hold(on);

    public void Close() => monitor.Close();

    public ValueTask DisposeAsync() => monitor.DisposeAsync();

    private void Hear(MonitorEvent happened)
    {
        if (Changes.TryGetValue(happened.Name, out var change)) _happened?.Invoke(new(change, happened.Name));
    }
}

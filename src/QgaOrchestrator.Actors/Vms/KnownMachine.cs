using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>What a new look at the machine shows.</summary>
/// <param name="CameUp">The monitor answers again.</param>
/// <param name="Ended">QEMU's process that has ended.</param>
/// <param name="PortClosed">The agent's port was open, and is closed.</param>
/// <param name="IsFirst">The first look at this process.</param>
/// <param name="CameIn">The guest came in by migration, and no look at this process showed it before.</param>
internal sealed record MachineNews(bool CameUp, QemuProcess? Ended, bool PortClosed, bool IsFirst, bool CameIn);

/// <summary>What is known of a VM's machine through its monitor. Belongs to the <see cref="VmActor"/>.</summary>
internal sealed class KnownMachine(VmServices services, IHostKind kind, bool hasMonitor)
{
    private Moment? _begun;
    private (bool Seen, QemuProcess? Process) _last;

    public MonitorView View { get; private set; } = new(false, kind.Advice.NoMachine.Reason);

    /// <summary>What was known of the process that ended last; null: none has.</summary>
    public MonitorView? Ended { get; private set; }

    /// <summary>The UUID of the VM, also when its QEMU has ended.</summary>
    public string? Uuid => View.Uuid ?? Ended?.Uuid;

    /// <summary>The monitor has been looked at, or there is none.</summary>
    public bool IsSeen { get; private set; } = !hasMonitor;

    /// <summary>Since the guest was reset, or opened its agent's port; null where neither was seen.</summary>
    public TimeSpan? Age => _begun is { } begun ? services.Time.Moment() - begun : null;

    public void Reset() => _begun = services.Time.Moment();

    /// <summary>What was known of the machine outlives a lost monitor, but not its process.</summary>
    public MachineNews Learn(MonitorView view)
    {
        var (before, process) = (View, View.Process);
        var ended = process is not null && !view.Up && !services.IsAlive(process);
        if (view.PortOpen == true && before.PortOpen == false) Reset();
        IsSeen = true;
        View = view.Up || ended ? view : before with { Up = false, Reason = view.Reason };
        var isFirst = view.Up && _last != (true, view.Process);
        if (isFirst) _last = (true, view.Process);
        if (ended) Ended = before;
        return new(
            view.Up && !before.Up, ended ? process : null, view.PortOpen == false && before.PortOpen == true, isFirst,
            view is { Up: true, CameIn: true } && (isFirst || !before.CameIn));
    }
}

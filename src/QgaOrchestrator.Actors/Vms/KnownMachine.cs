using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>What a new look at the machine shows.</summary>
/// <param name="CameUp">The monitor answers again.</param>
/// <param name="Ended">QEMU's process that has ended.</param>
/// <param name="PortClosed">The agent's port was open, and is closed.</param>
internal sealed record MachineNews(bool CameUp, QemuProcess? Ended, bool PortClosed);

/// <summary>What is known of a VM's machine through its monitor. Belongs to the <see cref="VmActor"/>.</summary>
internal sealed class KnownMachine(VmServices services, IHostKind kind, bool hasMonitor)
{
    private Moment? _begun;

    public MonitorView View { get; private set; } = new(false, kind.Advice.NoMachine.Reason);

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
        return new(view.Up && !before.Up, ended ? process : null, view.PortOpen == false && before.PortOpen == true);
    }
}

using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>libvirt's words for what a domain does, in QEMU's.</summary>
internal static class DomainStates
{
    // virDomainState, virDomainPausedReason.
    private const int Running = 1, Blocked = 2, Paused = 3, ShuttingDown = 4, ShutOff = 5, Crashed = 6, Suspended = 7;
    private const int ByMigration = 2, ByStorage = 5;

    // virDomainRunningReason.
    private const int Migrated = 2, PostCopied = 10;

    // virDomainEventType, virDomainEventSuspendedDetailType.
    private const int EventSuspended = 3, EventResumed = 4, EventStopped = 5, EventShutDown = 6, EventPmSuspended = 7;
    private const int DetailStorage = 2;

    public static bool IsOfMigration(int state, int reason) => (state, reason) == (Paused, ByMigration);

    /// <summary>It runs because a migration has brought its guest here. Once it was paused, libvirt tells of that.</summary>
    public static bool HasComeIn(int state, int reason) => (state, reason) is (Running, Migrated or PostCopied);

    /// <param name="comesIn">A migration brings the guest here.</param>
    public static MachineStatus StatusOf(int state, int reason, bool comesIn) => state switch
    {
        Running or Blocked => new(true, "running"),
        Paused when comesIn => new(false, "inmigrate"),
        Paused when reason == ByStorage => new(false, "io-error"),
        Paused when reason == ByMigration => new(false, "finish-migrate"),
        Paused => new(false, "paused"),
        ShuttingDown or ShutOff => new(false, "shutdown"),
        Crashed => new(false, "guest-panicked"),
        Suspended => new(false, "suspended"),
        _ => new(false, "unknown"),
    };

    /// <returns>Null: nothing that concerns us.</returns>
    public static MachineEvent? ChangeOf(DomainEvent happened) => (happened.What, happened.Event) switch
    {
        (DomainEventId.Lifecycle, EventSuspended) when happened.Detail == DetailStorage =>
            new(MachineChange.DiskFault, "BLOCK_IO_ERROR"),
        (DomainEventId.Lifecycle, EventSuspended) => new(MachineChange.Stopped, "STOP"),
        (DomainEventId.Lifecycle, EventResumed) => new(MachineChange.Resumed, "RESUME"),
        (DomainEventId.Lifecycle, EventShutDown or EventStopped) => new(MachineChange.ShutDown, "SHUTDOWN"),
        (DomainEventId.Reboot, _) => new(MachineChange.Reset, "RESET"),
        (DomainEventId.IoError, _) => new(MachineChange.DiskFault, "BLOCK_IO_ERROR"),
        (DomainEventId.PmSuspend, _) or (DomainEventId.Lifecycle, EventPmSuspended) =>
            new(MachineChange.Suspended, "SUSPEND"),
        (DomainEventId.PmSuspendDisk, _) => new(MachineChange.Hibernated, "SUSPEND_DISK"),
        (DomainEventId.PmWakeup, _) => new(MachineChange.Woken, "WAKEUP"),
        (DomainEventId.AgentLifecycle, _) => new(MachineChange.Port, "VSERPORT_CHANGE"),
        _ => null,
    };

    public static bool HasEnded(DomainEvent happened) =>
        (happened.What, happened.Event) is (DomainEventId.Lifecycle, EventStopped);
}

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;

/// <summary>Programs of libvirt's protocol.</summary>
internal static class RpcProgram
{
    public const uint Remote = 0x20008086, Qemu = 0x20008087;
}

/// <summary>Procedures of the program Remote (remote_protocol.x). Their numbers never change.</summary>
internal enum RemoteProcedure
{
    ConnectOpen = 1,
    ConnectClose = 2,
    ConnectGetVersion = 4,
    DomainGetXmlDesc = 14,
    DomainLookupByUuid = 24,
    AuthList = 66,
    AuthPolkit = 70,
    DomainAbortJob = 164,
    ConnectGetLibVersion = 157,
    DomainGetBlockInfo = 194,
    DomainGetState = 212,
    DomainBlockJobSetSpeed = 239,
    DomainSetMetadata = 264,
    DomainGetMetadata = 265,
    DomainPmWakeup = 267,
    ConnectListAllDomains = 273,
    DomainGetJobStats = 298,
    ConnectDomainEventCallbackRegisterAny = 316,
    DomainEventCallbackLifecycle = 318,
    DomainEventCallbackReboot = 319,
    DomainEventCallbackIoError = 322,
    DomainEventCallbackPmWakeup = 329,
    DomainEventCallbackPmSuspend = 330,
    DomainEventCallbackPmSuspendDisk = 332,
    DomainEventCallbackAgentLifecycle = 348,
    DomainBackupBegin = 421,
    DomainBackupGetXmlDesc = 422,
}

/// <summary>Procedures of the program Qemu (qemu_protocol.x).</summary>
internal enum QemuProcedure
{
    DomainMonitorCommand = 1,
    DomainAgentCommand = 3,
}

/// <summary>What a client registers for (virDomainEventID).</summary>
internal enum DomainEventId
{
    Lifecycle = 0,
    Reboot = 1,
    IoError = 4,
    PmWakeup = 11,
    PmSuspend = 12,
    PmSuspendDisk = 14,
    AgentLifecycle = 18,
}

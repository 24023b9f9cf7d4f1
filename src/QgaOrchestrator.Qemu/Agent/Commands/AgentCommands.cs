using System.Collections.Frozen;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// All commands of QEMU 0.15 to 10.2, each with a file of its own; none was ever removed. What is not listed can still be
/// called: it is new, so it is <see cref="Unlisted"/>.
/// </summary>
public static class AgentCommands
{
    public static IReadOnlyList<AgentCommand> All { get; } =
    [
        GuestSync.Spec,
        GuestSyncDelimited.Spec,
        GuestPing.Spec,
        GuestInfo.Spec,

        GuestGetTime.Spec,
        GuestSetTime.Spec,

        GuestShutdown.Spec,
        GuestSuspendDisk.Spec,
        GuestSuspendRam.Spec,
        GuestSuspendHybrid.Spec,

        GuestFileOpen.Spec,
        GuestFileClose.Spec,
        GuestFileRead.Spec,
        GuestFileWrite.Spec,
        GuestFileSeek.Spec,
        GuestFileFlush.Spec,

        GuestFsfreezeStatus.Spec,
        GuestFsfreezeFreeze.Spec,
        GuestFsfreezeFreezeList.Spec,
        GuestFsfreezeThaw.Spec,
        GuestFstrim.Spec,
        GuestGetFsinfo.Spec,
        GuestGetDisks.Spec,
        GuestGetDiskstats.Spec,

        GuestNetworkGetInterfaces.Spec,
        GuestNetworkGetRoute.Spec,
        GuestGetHostName.Spec,
        GuestGetOsinfo.Spec,
        GuestGetUsers.Spec,
        GuestGetTimezone.Spec,
        GuestGetDevices.Spec,
        GuestGetLoad.Spec,
        GuestGetCpustats.Spec,

        GuestGetVcpus.Spec,
        GuestSetVcpus.Spec,
        GuestGetMemoryBlocks.Spec,
        GuestSetMemoryBlocks.Spec,
        GuestGetMemoryBlockInfo.Spec,

        GuestSetUserPassword.Spec,
        GuestSshGetAuthorizedKeys.Spec,
        GuestSshAddAuthorizedKeys.Spec,
        GuestSshRemoveAuthorizedKeys.Spec,

        GuestExec.Spec,
        GuestExecStatus.Spec,
    ];

    private static readonly FrozenDictionary<string, AgentCommand> _byName = All.ToFrozenDictionary(command => command.Name);

    /// <summary>Null where the name is not listed; names are case-sensitive.</summary>
    public static AgentCommand? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>A command that we know nothing of is never repeated, and refused while frozen as the agent would.</summary>
    public static AgentCommand Unlisted(string name) => new(name, new Version(10, 2), RetryClass.Never, TimeoutClass.Medium)
    {
        LargestReply = AgentCommand.ListReply,
    };
}

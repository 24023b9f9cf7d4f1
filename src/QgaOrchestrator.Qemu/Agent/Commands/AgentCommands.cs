using System.Collections.Frozen;
using static QgaOrchestrator.Qemu.Agent.Commands.RetryClass;
using static QgaOrchestrator.Qemu.Agent.Commands.TimeoutClass;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// All commands of QEMU 0.15 to 10.2; none was ever removed. A command with a file of its own is described there. What is
/// not listed can still be called: it is new, so it is <see cref="Unlisted"/>.
/// </summary>
public static class AgentCommands
{
    public static IReadOnlyList<AgentCommand> All { get; } =
    [
        GuestSyncDelimited.Spec,
        Row("guest-sync", "0.15", Safe, Quick) with { WhileFrozen = true },
        GuestPing.Spec,
        GuestInfo.Spec,

        Row("guest-get-time", "1.5", Safe, Quick),
        // The time is absolute, so a repeat sets an old one; it also runs hwclock or w32tm.
        Row("guest-set-time", "1.5", Never, Medium),

        // A repeated powerdown is harmless, a repeated reboot is a second one.
        Row("guest-shutdown", "0.15", Check, NoReply),
        Row("guest-suspend-disk", "1.1", Check, NoReply),
        Row("guest-suspend-ram", "1.1", Check, NoReply),
        Row("guest-suspend-hybrid", "1.1", Check, NoReply),

        GuestFileOpen.Spec,
        GuestFileClose.Spec,
        GuestFileRead.Spec,
        // What is written may be a key or a password, and nobody needs it in a log.
        Row("guest-file-write", "0.15", Never, Medium) with { SecretArguments = ["buf-b64"] },
        // Safe for "set" and "end", but from the current position a repeat goes twice as far: its worst case counts.
        Row("guest-file-seek", "0.15", Never, Quick),
        Row("guest-file-flush", "0.15", Safe, Medium),

        GuestFsfreezeStatus.Spec,
        GuestFsfreezeFreeze.Spec,
        GuestFsfreezeFreezeList.Spec,
        GuestFsfreezeThaw.Spec,
        Row("guest-fstrim", "1.2", Safe, Long),
        GuestGetFsinfo.Spec,
        Row("guest-get-disks", "5.2", Safe, Medium),
        Row("guest-get-diskstats", "7.1", Safe, Quick),

        GuestNetworkGetInterfaces.Spec,
        Row("guest-network-get-route", "9.1", Safe, Quick),
        GuestGetHostName.Spec,
        GuestGetOsinfo.Spec,
        Row("guest-get-users", "2.10", Safe, Quick),
        Row("guest-get-timezone", "2.10", Safe, Quick),
        Row("guest-get-devices", "5.2", Safe, Medium),
        Row("guest-get-load", "10.0", Safe, Quick),
        Row("guest-get-cpustats", "7.1", Safe, Quick),

        Row("guest-get-vcpus", "1.5", Safe, Quick),
        Row("guest-set-vcpus", "1.5", Idempotent, Medium),
        Row("guest-get-memory-blocks", "2.3", Safe, Quick),
        Row("guest-set-memory-blocks", "2.3", Idempotent, Medium),
        Row("guest-get-memory-block-info", "2.3", Safe, Quick),

        Row("guest-set-user-password", "2.3", Idempotent, Medium) with { SecretArguments = ["password"] },
        // The keys are public ones.
        Row("guest-ssh-get-authorized-keys", "5.2", Safe, Quick),
        Row("guest-ssh-add-authorized-keys", "5.2", Idempotent, Quick),
        Row("guest-ssh-remove-authorized-keys", "5.2", Idempotent, Quick),

        GuestExec.Spec,
        GuestExecStatus.Spec,
    ];

    private static readonly FrozenDictionary<string, AgentCommand> _byName = All.ToFrozenDictionary(command => command.Name);

    /// <summary>Null where the name is not listed; names are case-sensitive.</summary>
    public static AgentCommand? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>A command that we know nothing of is never repeated, and refused while frozen as the agent would.</summary>
    public static AgentCommand Unlisted(string name) => new(name, new Version(10, 2), Never, Medium);

    private static AgentCommand Row(string name, string since, RetryClass retry, TimeoutClass timeout) =>
        new(name, Version.Parse(since), retry, timeout);
}

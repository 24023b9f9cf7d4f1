using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>What a guest's agent said when it was asked whether the guest is frozen.</summary>
public enum FreezeAnswer { Thawed, Frozen, NotOffered, Quarantined, Silent, NotUnderstood, NoAgent }

/// <summary>Why a command is not there.</summary>
public enum CommandGap
{
    /// <summary>The guest's administrator has disabled it.</summary>
    Disabled,

    /// <summary>The agent is older than the command.</summary>
    TooOld,

    /// <summary>The agent is new enough and was built without it.</summary>
    NotBuilt,
}

/// <summary>A command that this guest's agent does not offer.</summary>
/// <param name="Since">The first version with it.</param>
public sealed record MissingCommand(string Name, CommandGap Gap, string Since);

/// <summary>The guest, as far as freezing is concerned.</summary>
/// <param name="Denied">The host's policy denies the freeze; the agent was not asked.</param>
/// <param name="Answer">Null where it was not asked.</param>
/// <param name="Reason">In words, where it is not thawed.</param>
public sealed record GuestFacts(bool Denied, FreezeAnswer? Answer, string? Reason)
{
    /// <summary>What to do where there is no agent to be asked, or where it is known why it is silent.</summary>
    public string? Remedy { get; init; }
}

/// <summary>All that was asked before a VM is called fit. What is null or empty was not seen, and finds nothing.</summary>
/// <param name="Vm">Its name, for the remedies.</param>
public sealed record PreflightFacts(string Vm)
{
    /// <summary>QEMU's run state, as in "running".</summary>
    public string? RunState { get; init; }

    /// <summary>The state of a migration that is under way.</summary>
    public string? Migration { get; init; }

    /// <summary>Since QEMU's process started, or the guest was reset, or its agent opened its port: the least of these.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Bitmaps that QEMU marks inconsistent, as DISK/BITMAP.</summary>
    public IReadOnlyList<string> BrokenBitmaps { get; init; } = [];

    /// <summary>Null: no freeze is wanted, and the agent was not asked.</summary>
    public GuestFacts? Guest { get; init; }

    /// <summary>Answers of the agent that were not understood, in words; what they would tell is not known.</summary>
    public IReadOnlyList<string> NotUnderstood { get; init; } = [];

    /// <summary>The agent's own.</summary>
    public string? AgentVersion { get; init; }

    /// <summary>Commands that a backup uses and this agent does not offer.</summary>
    public IReadOnlyList<MissingCommand> Missing { get; init; } = [];

    /// <summary>What is mounted, writable, and stays as it is while the guest is frozen.</summary>
    public IReadOnlyList<UnfrozenMount> Mounts { get; init; } = [];

    /// <summary>Devices and files that the guest swaps on.</summary>
    public IReadOnlyList<string> Swaps { get; init; } = [];

    /// <summary>What is known of the writers of the disks that would be cut; null where that was not come to.</summary>
    public Coverage? Coverage { get; init; }

    /// <summary>What would not be in the point.</summary>
    public IReadOnlyList<PointOutside> Outside { get; init; } = [];

    /// <summary>Names to leave out that no disk of this VM has.</summary>
    public IReadOnlyList<string> UnknownExclusions { get; init; } = [];

    /// <summary>The state of its TPM can be kept in the point.</summary>
    public bool TpmIsKept { get; init; }

    /// <summary>What the method warns of, and what of the machine cannot be kept, in words and with the remedies.</summary>
    public IReadOnlyList<Finding> MethodWarnings { get; init; } = [];

    /// <summary>Why the targets could not be made, in words and with the remedy.</summary>
    public Finding? Target { get; init; }
}

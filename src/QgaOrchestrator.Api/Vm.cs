namespace QgaOrchestrator.Api;

/// <summary>A VM as the fleet knows it.</summary>
/// <param name="Name">Unique on its host, mostly in the fleet.</param>
/// <param name="Id">host/name.</param>
/// <param name="Uuid">QEMU's, null where it was started without one or has no monitor.</param>
/// <param name="Frozen">Its guest's file systems are frozen now, or may be: from the sending of a freeze until that is
/// settled.</param>
public sealed record Vm(
    string Name, string Id, string? Uuid, string Host, IReadOnlyDictionary<string, string> Labels, VmAgent Agent, bool Frozen)
{
    public string? Group { get; init; }
    /// <summary>False from a freeze's sending to its reply, and after a reply that was lost: the guest may be frozen.</summary>
    public bool? FrozenCertain { get; init; }
    public DateTimeOffset? FrozenSince { get; init; }
    /// <summary>Whose freeze: "run ID", "raw freeze" or "somebody else".</summary>
    public string? FrozenBy { get; init; }
    public VmMonitor? Monitor { get; init; }
    public VmGuest? Guest { get; init; }
    /// <summary>Answers of the agent that were not understood: command and why. What they would tell is not known; all else
    /// is.</summary>
    public IReadOnlyDictionary<string, string>? NotUnderstood { get; init; }
    /// <summary>The run that works on this VM now.</summary>
    public string? Run { get; init; }
    /// <summary>Set where its host's node is not reachable: what is shown was told then.</summary>
    public DateTimeOffset? AsOf { get; init; }
}

/// <summary>The channel to a guest's agent.</summary>
/// <param name="State">One of <see cref="AgentStates"/>; clients tolerate others.</param>
/// <param name="Version">qemu-ga's version, as in 7.2.22.</param>
public sealed record VmAgent(string State, string? Version)
{
    /// <summary>Why it is not ready, in words.</summary>
    public string? Reason { get; init; }
    /// <summary>What to do about it, a sentence without its full stop.</summary>
    public string? Remedy { get; init; }
}

/// <summary>The channel to QEMU's monitor.</summary>
/// <param name="State">QEMU's run state (query-status), null while the monitor does not tell.</param>
/// <param name="Version">QEMU's version.</param>
/// <param name="Reason">Why the monitor is not usable, null while it is.</param>
public sealed record VmMonitor(string? State, string? Version, string? Reason);

/// <summary>What the guest told of itself when its agent was found.</summary>
public sealed record VmGuest(
    string? HostName, string? Os, string? OsId, string? Kernel,
    IReadOnlyList<string> Addresses, IReadOnlyList<string> FileSystems);

public static class AgentStates
{
    public const string Ready = "ready";
    public const string Absent = "absent";
    public const string Busy = "busy";
    public const string Connecting = "connecting";
    public const string Quarantined = "quarantined";
    /// <summary>The VM cannot be served under the name, or in the way, that it was found.</summary>
    public const string Invalid = "invalid";
    /// <summary>There is a monitor and no agent's socket.</summary>
    public const string None = "none";
    /// <summary>The fleet's file says that it is there, and it is not.</summary>
    public const string Missing = "missing";
    /// <summary>The node of its host does not answer; what is shown was told before.</summary>
    public const string Unreachable = "unreachable";

    /// <summary>Nothing is wrong: it answers, or is just being asked.</summary>
    public static bool IsFine(string state) => state is Ready or Connecting;
}

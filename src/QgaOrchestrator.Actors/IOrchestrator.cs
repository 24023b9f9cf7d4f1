using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors;

/// <summary>Everything that the outside can ask of this node. HTTP is a thin layer over it, and nothing else talks to the
/// actors.</summary>
public interface IOrchestrator
{
    /// <summary>All VMs that the fleet's hosts report, by name.</summary>
    Task<IReadOnlyList<VmStatus>> ListVmsAsync(CancellationToken cancel);

    /// <summary>
    /// Calls one agent command. A freeze opens a window of its own, a thaw closes the open one; a sync is answered by us.
    /// </summary>
    /// <param name="vm">The VM, as <see cref="ListVmsAsync"/> reports it.</param>
    /// <param name="command">An agent command's name, as on the wire.</param>
    /// <param name="arguments">A UTF-8 JSON object, or empty.</param>
    /// <param name="options">Time-out, lease of a raw freeze, force of a thaw.</param>
    /// <param name="cancel">The caller hangs up: what still waits is never sent, except a thaw; what is in flight goes
    /// on.</param>
    Task<CallReply> CallAsync(
        VmId vm, string command, ReadOnlyMemory<byte> arguments, CallOptions options, CancellationToken cancel);

    /// <summary>Wakes a guest that suspended itself to memory, through its monitor.</summary>
    /// <returns>Returned with query-status' "status" as a JSON string, or why not.</returns>
    Task<CallReply> WakeAsync(VmId vm, CancellationToken cancel);

    /// <summary>Starts a run whose target list is fixed now; the answer comes when it is journalled.</summary>
    /// <param name="by">The name of the token that asks for it.</param>
    Task<RunView> StartRunAsync(
        string id, string kind, string select, RunOptions options, RunPlan plan, string by, CancellationToken cancel);

    /// <summary>Pauses, resumes or aborts a run; the answer comes when that is journalled.</summary>
    /// <param name="by">The name of the token that asks for it.</param>
    /// <returns>The run as it is then; null where there is none.</returns>
    Task<RunView?> SteerRunAsync(string id, RunSteering steering, string by, CancellationToken cancel);

    /// <summary>A new run with the options of an ended one, over all of its targets that did not succeed.</summary>
    /// <param name="by">The name of the token that asks for it.</param>
    Task<RunView?> RetryRunAsync(string id, string newId, string by, CancellationToken cancel);

    /// <summary>A run that is known here, or null.</summary>
    Task<RunView?> GetRunAsync(string id, CancellationToken cancel);

    /// <summary>What changes in a run from now on, and its present state first; ends with the run.</summary>
    IAsyncEnumerable<RunView> WatchRunAsync(string id, CancellationToken cancel);
}

/// <summary>What may be asked of a run under way.</summary>
public enum RunSteering { Pause, Resume, Abort, AbortAndWait }

/// <summary>Options of a raw call; null: the command's own default.</summary>
public sealed record CallOptions(TimeSpan? Timeout = null, TimeSpan? Lease = null, bool Force = false)
{
    /// <summary>The caller's role only reads: he may shorten a command's own time-out, not lengthen it.</summary>
    public bool ReadsOnly { get; init; }
}

/// <summary>What a caller asked for and did not get in full; null: that he did.</summary>
public sealed record CallClamp(TimeSpan? Timeout, TimeSpan? Lease);

/// <summary>Why a call was not answered by the agent. Each maps to one HTTP status.</summary>
public enum CallRefusal
{
    /// <summary>The agent does not know the command.</summary>
    UnknownCommand,
    /// <summary>The policy of the VM's host never allows it.</summary>
    Denied,
    /// <summary>The agent has it disabled: by the guest's administrator, or as not for its system.</summary>
    Disabled,
    /// <summary>The guest is frozen, or a window is open or closing.</summary>
    Frozen,
    /// <summary>The channel's queue is full.</summary>
    QueueFull,
    /// <summary>No agent answers, or its VM or host is not there.</summary>
    Unreachable,
    /// <summary>The VM has no agent that could be asked: its name is invalid, it has no agent's socket, or it is not
    /// there.</summary>
    NoAgent,
    /// <summary>Arguments or options are wrong.</summary>
    BadArguments,
    /// <summary>Thaw of a guest that is not frozen by us needs force.</summary>
    NotOurs,
    /// <summary>A guest that suspends itself to memory could not be woken again.</summary>
    CannotWake,
    /// <summary>Only a suspended guest is woken.</summary>
    NotSuspended,
}

/// <summary>What ended the wait for a command whose success an agent does not answer.</summary>
/// <param name="By">event, port or timeout.</param>
/// <param name="Event">The monitor's event, as in SHUTDOWN.</param>
public sealed record Completion(string By, string? Event = null)
{
    /// <summary>QEMU told of what the command does.</summary>
    public static Completion ByEvent(string name) => new("event", name);

    /// <summary>QEMU ended, or, of a shutdown, the agent let go of its port.</summary>
    public static Completion Port { get; } = new("port");

    /// <summary>It was sent and not refused, and nothing was seen in time: it may still happen.</summary>
    public static Completion Timeout { get; } = new("timeout");
}

/// <summary>How a raw call ended.</summary>
public abstract record CallReply
{
    private CallReply() { }

    /// <summary>Set where the call was given less than its caller asked for.</summary>
    public CallClamp? Clamped { get; init; }

    /// <summary>The value of the agent's "return" member, UTF-8 JSON.</summary>
    public sealed record Returned(ReadOnlyMemory<byte> Json) : CallReply
    {
        /// <summary>Set where the agent answers nothing.</summary>
        public Completion? Completed { get; init; }
    }

    /// <summary>The agent's own error.</summary>
    public sealed record AgentFailed(string Class, string Description) : CallReply
    {
        /// <summary>By the words of the guest's system (strerror) that the agent passes on.</summary>
        public string WhatToDo() => this switch
        {
            { Class: "CommandNotFound" } => "guest-info lists the commands that this agent knows",
            _ when Says("No space left on device") || Says("Disk quota exceeded") => "Make room in that file system of the guest",
            _ when Says("Read-only file system") =>
                "See why the guest mounted it read-only: its kernel's log tells of a disk that failed",
            _ when Says("Permission denied") || Says("Operation not permitted") =>
                "qemu-ga runs as root: see what confines it in the guest, SELinux, AppArmor or its own unit",
            _ when Says("No such file or directory") => "Name it by its whole path in the guest",
            _ => "See the guest's qemu-ga log",
        };

        private bool Says(string words) => Description.Contains(words, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Not executed.</summary>
    public sealed record Refused(CallRefusal Why, string Reason, string Remedy) : CallReply;

    /// <summary>Sent, not answered: it may have happened.</summary>
    public sealed record Unknown(string Reason, string Remedy) : CallReply;
}

/// <summary>States of a guest's agent, as the contract names them.</summary>
public enum AgentState
{
    Ready,
    Absent,
    Busy,
    Connecting,
    Quarantined,
    /// <summary>The VM cannot be served under the name, or in the way, that it was found.</summary>
    Invalid,
    /// <summary>There is a monitor and no agent's socket.</summary>
    None,
    /// <summary>The fleet's file says that it is there, and it is not.</summary>
    Missing,
}

/// <summary>What a host knows of one VM.</summary>
public sealed record VmStatus(VmId Id, string? Uuid, IReadOnlyDictionary<string, string> Labels, AgentState Agent)
{
    /// <summary>The consistency group of the fleet's file.</summary>
    public string? Group { get; init; }
    public FreezeMode Freeze { get; init; }
    /// <summary>Why the agent is not ready, in words.</summary>
    public string? AgentReason { get; init; }
    /// <summary>What to do about it, a sentence without its full stop.</summary>
    public string? AgentRemedy { get; init; }
    public string? AgentVersion { get; init; }
    /// <summary>Frozen now: by a window of ours, or found frozen.</summary>
    public bool Frozen { get; init; }
    /// <summary>False from a freeze's sending to its reply, and after a reply that was lost: the guest may be frozen.</summary>
    public bool FrozenCertain { get; init; } = true;
    public DateTimeOffset? FrozenSince { get; init; }
    /// <summary>Whose freeze: a window of ours ("run ID" or "raw freeze"), or "somebody else".</summary>
    public string? FrozenBy { get; init; }
    /// <summary>QEMU's run state (query-status), null where the monitor does not tell.</summary>
    public string? RunState { get; init; }
    /// <summary>Why the monitor is not usable, null while it is.</summary>
    public string? MonitorReason { get; init; }
    public string? QemuVersion { get; init; }
    /// <summary>What the guest told of itself when its agent was found.</summary>
    public GuestInventory? Inventory { get; init; }
    /// <summary>What the guest answered and nobody understood: command and text. That is not known of it; all else is.</summary>
    public IReadOnlyDictionary<string, string> NotUnderstood { get; init; } = new Dictionary<string, string>();
    /// <summary>The run that works on this VM now.</summary>
    public string? Run { get; init; }
}

/// <summary>What the guest told of itself.</summary>
public sealed record GuestInventory(
    string? HostName,
    string? Os,
    string? OsId,
    string? Kernel,
    IReadOnlyList<string> Addresses,
    IReadOnlyList<string> FileSystems
);

/// <summary>A run with its items and what its hosts report of the items under way.</summary>
public sealed record RunView(RunSummary Summary, IReadOnlyList<RunItemView> Items, IReadOnlyList<ItemProgress> Progress);

/// <summary>Where an item under way stands.</summary>
/// <param name="Index">The item's index in the run.</param>
/// <param name="Step">As the kind's steps are named, or waiting.</param>
/// <param name="FrozenSince">Set while its guest is frozen.</param>
/// <param name="Done">Bytes copied.</param>
/// <param name="Total">Bytes to copy, 0 while unknown.</param>
public sealed record ItemProgress(int Index, int Attempt, string Step, DateTimeOffset? FrozenSince, long Done, long Total)
{
    /// <summary>What it waits for, in words.</summary>
    public string? Note { get; init; }
}

using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Actors;

/// <summary>Everything that the outside can ask of this node. HTTP is a thin layer over it, and nothing else talks to the
/// actors.</summary>
public interface IOrchestrator
{
    /// <summary>All VMs that the fleet's hosts report, by name.</summary>
    Task<IReadOnlyList<VmStatus>> ListVmsAsync(CancellationToken cancel);

    /// <summary>All hosts of the cluster, by name; those that are away with what they told last.</summary>
    Task<IReadOnlyList<HostStatus>> ListHostsAsync(CancellationToken cancel);

    /// <summary>A host that is away does not come back: it and its VMs are not listed any more, on any node.</summary>
    void ForgetHost(string host);

    /// <summary>Has this host emptied, or has it begin items again; done when that is on disk.</summary>
    /// <exception cref="Stores.StoreException">It cannot be written.</exception>
    void DrainHost(bool on);

    /// <summary>
    /// Calls one agent command. A freeze opens a window of its own, a thaw closes the open one; a sync is answered by us.
    /// </summary>
    /// <param name="vm">The VM, as <see cref="ListVmsAsync"/> reports it.</param>
    /// <param name="request">An agent command as on the wire. A secret in it is overwritten when the command has ended.</param>
    /// <param name="options">Time-out, lease of a raw freeze, force of a thaw.</param>
    /// <param name="cancel">The caller hangs up: what still waits is never sent, except a thaw; what is in flight goes
    /// on.</param>
    Task<CallReply> CallAsync(VmId vm, AgentRequest request, CallOptions options, CancellationToken cancel);

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

    /// <summary>The host whose node works for a run, or would work for a new one of this id: all that follows is asked
    /// there.</summary>
    Task<string> FindRunHostAsync(string id, CancellationToken cancel);

    /// <summary>A run that is known here, or null.</summary>
    Task<RunView?> GetRunAsync(string id, CancellationToken cancel);

    /// <summary>What changes in a run from now on, and its present state first; ends with the run.</summary>
    IAsyncEnumerable<RunView> WatchRunAsync(string id, CancellationToken cancel);
}

/// <summary>What may be asked of a run under way.</summary>
public enum RunSteering { Pause, Resume, Abort, AbortAndWait }

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
    /// <summary>The node of its host does not answer; what is shown of it is what that told last.</summary>
    Unreachable,
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
    /// <summary>In <see cref="FrozenBy"/>: another program.</summary>
    public const string SomebodyElse = "somebody else";
    /// <summary>QEMU's run state (query-status), null where the monitor does not tell.</summary>
    public string? RunState { get; init; }
    /// <summary>Its guest came to this QEMU by migration, and is there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool CameIn { get; init; }
    /// <summary>Why the monitor is not usable, null while it is.</summary>
    public string? MonitorReason { get; init; }
    public string? QemuVersion { get; init; }
    /// <summary>This QEMU process, of all that ever ran, as its host names it; null where the monitor does not tell.</summary>
    public string? Process { get; init; }
    /// <summary>What the guest told of itself when its agent was found.</summary>
    public GuestInventory? Inventory { get; init; }
    /// <summary>What the guest answered and nobody understood: command and text. That is not known of it; all else is.</summary>
    public IReadOnlyDictionary<string, string> NotUnderstood { get; init; } = new Dictionary<string, string>();
    /// <summary>The run that works on this VM now.</summary>
    public string? Run { get; init; }
    /// <summary>Set where its host's node is not reachable: what is shown was told then.</summary>
    public DateTimeOffset? AsOf { get; init; }
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

/// <summary>A run with its items and what its hosts report of the items under way. Between nodes only of a run that a node starts
/// by itself, over a few VMs.</summary>
public sealed record RunView(RunSummary Summary, IReadOnlyList<RunItemView> Items, IReadOnlyList<ItemProgress> Progress) : IWire;

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

using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Core.Runs;

/// <summary>
/// What a run's journal holds: two events an item, in batches. Names of events and members are a stored format; see
/// <see cref="RunEventCatalog"/>.
/// </summary>
public abstract record RunEvent
{
    private RunEvent() { }

    /// <summary>The target list and the options are fixed here, for this run and for any retry of it.</summary>
    public sealed record RunStarted(
        string Run,
        string Kind,
        string Select,
        RunOptions Options,
        IReadOnlyList<VmId> Targets,
        DateTimeOffset At,
        string? RetryOf
    ) : RunEvent
    {
        /// <summary>What was known of each target, in their order; null: nothing.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public IReadOnlyList<TargetNote>? Notes { get; init; }

        /// <summary>The name of the token that asked for it; null where an earlier version did not tell.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? StartedBy { get; init; }

        /// <summary>The target that all items share. It follows from the options by the kind's rule, so it is not stored: who
        /// reads the journal sets it.</summary>
        [JsonIgnore]
        public string? Target { get; init; }
    }

    /// <summary>These attempts may have begun from now on: every name that they make derives from run, item and
    /// attempt.</summary>
    public sealed record ItemsDispatched(IReadOnlyList<ItemAttempt> Items, DateTimeOffset At) : RunEvent;

    public sealed record ItemsSettled(IReadOnlyList<ItemOutcome> Outcomes, DateTimeOffset At) : RunEvent;

    /// <summary>No item begins until the run is resumed.</summary>
    public sealed record RunPaused(DateTimeOffset At) : RunEvent
    {
        /// <summary>The token's name.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? By { get; init; }
    }

    public sealed record RunResumed(DateTimeOffset At) : RunEvent
    {
        /// <summary>The token's name.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? By { get; init; }
    }

    /// <summary>No item begins any more.</summary>
    /// <param name="Reason">Why, in the operator's words.</param>
    /// <param name="Wait">Items under way go on to their end; else they are undone.</param>
    public sealed record RunAborted(string Reason, bool Wait, DateTimeOffset At) : RunEvent
    {
        /// <summary>The token's name; null: the run's own deadline.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? By { get; init; }
    }

    public sealed record RunFinished(RunPhase Phase, string? Reason, DateTimeOffset At) : RunEvent;
}

/// <summary>What the fleet's file said of a target when its run began: a later change does not touch the run.</summary>
/// <param name="Group">Its consistency group.</param>
/// <param name="Freeze">How it is frozen.</param>
/// <param name="Labels">The labels that the run's limits count.</param>
public sealed record TargetNote(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Group = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] FreezeMode Freeze = FreezeMode.Together,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Labels = null);

/// <param name="Item">Index in the run's targets.</param>
/// <param name="Attempt">From 1.</param>
public readonly record struct ItemAttempt(int Item, int Attempt);

/// <summary>States of a run, as the contract names them.</summary>
[JsonConverter(typeof(CamelCaseEnum<RunPhase>))]
public enum RunPhase { Waiting, Running, Pausing, Paused, Aborting, Succeeded, Partial, Failed, Aborted }

/// <summary>
/// States of an item, as the contract names them, and Interrupted: broken by an end of our own process, not by the guest;
/// such an item goes back to pending for another attempt.
/// </summary>
[JsonConverter(typeof(CamelCaseEnum<ItemState>))]
public enum ItemState { Pending, Running, Succeeded, Failed, Unreachable, Unknown, Cancelled, Interrupted }

/// <summary>How one attempt of an item ended.</summary>
/// <param name="Item">Index in the run's targets.</param>
/// <param name="Attempt">The attempt that ended.</param>
/// <param name="State">Succeeded, Failed, Unreachable, Unknown, Cancelled or Interrupted.</param>
/// <param name="Reason">Why, in the operator's words; null for a success.</param>
/// <param name="Remedy">What to do about it.</param>
public sealed record ItemOutcome(int Item, int Attempt, ItemState State, string? Reason = null, string? Remedy = null)
{
    /// <summary>From frozen to thawed, as the host saw it.</summary>
    public double? FrozenMs { get; init; }

    /// <summary>What a backup has made.</summary>
    public PointMade? Point { get; init; }

    /// <summary>Who did not allow it: policy (this host's) or guest; null where nobody refused.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RefusedBy { get; init; }

    /// <summary>The reason of an item that ended because its run was aborted.</summary>
    public const string RunAborted = "the run was aborted";

    public const string Policy = "policy";

    public const string Guest = "guest";

    public static ItemOutcome Interrupted(int item, int attempt, string reason) =>
        new(item, attempt, ItemState.Interrupted, reason);
}

/// <summary>A recovery point as its run's journal names it; the whole of it is in its point.json.</summary>
/// <param name="Id">The point's id.</param>
/// <param name="Directory">Where its images and point.json are.</param>
/// <param name="Class">application, filesystem or crash.</param>
/// <param name="Bytes">What its images take on disk.</param>
public sealed record PointMade(string Id, string Directory, string Class, long Bytes);

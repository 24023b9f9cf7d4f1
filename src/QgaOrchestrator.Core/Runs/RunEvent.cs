using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;

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

        /// <summary>From the first freeze of one of its groups to the last cut, wherever the run is continued; null: the run has
        /// no group, or an earlier version started it.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public TimeSpan? Spread { get; init; }

        /// <summary>The target that all items share. It follows from the options by the kind's rule, so it is not stored: who
        /// reads the journal sets it.</summary>
        [JsonIgnore]
        public string? Target { get; init; }

        /// <summary>How an attempt under way counts whose host was waited for too long; not stored, as the target.</summary>
        [JsonIgnore]
        public ItemState LostAs { get; init; } = ItemState.Unreachable;

        /// <summary>The kind's items may be repeated where their VM is now; not stored, as the target.</summary>
        [JsonIgnore]
        public bool RepeatsElsewhere { get; init; }
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
[JsonConverter(typeof(CamelCaseNames<RunPhase>))]
public enum RunPhase { Waiting, Running, Pausing, Paused, Aborting, Succeeded, Partial, Failed, Aborted }

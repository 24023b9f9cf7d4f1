using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Api;

/// <summary>Starts a run. Option names and defaults are the contract's; an unknown one is refused with 400.</summary>
/// <param name="Kind">A kind that the node knows; it lists them where it refuses another.</param>
/// <param name="Select">A selector; null selects all where the kind allows it.</param>
public sealed record RunRequest(string Kind, string? Select = null, JsonObject? Options = null);

/// <summary>A run's summary.</summary>
/// <param name="State">One of <see cref="RunStates"/>; clients tolerate others.</param>
public sealed record Run(string Id, string Kind, string State, RunItemCounts Items)
{
    public string? Select { get; init; }
    /// <summary>The options in effect, defaults filled in.</summary>
    public JsonObject? Options { get; init; }
    public DateTimeOffset? CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>The name of the token that asked for it.</summary>
    public string? StartedBy { get; init; }
    /// <summary>The run whose items this one tries again.</summary>
    public string? RetryOf { get; init; }
    /// <summary>Why the run ended as it did or does not go on, in words: the budget is exceeded, the deadline is over.</summary>
    public string? Reason { get; init; }
    /// <summary>In their order; null: everything is one wave.</summary>
    public IReadOnlyList<RunWave>? Waves { get; init; }
    /// <summary>In the answer that starts the run: what its caller should know, a sentence or two each; null: nothing, or it is
    /// another answer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }
    /// <summary>What a table of the run's VMs shows of each, beside its name and state; null: nothing, or a list does not
    /// tell.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RunColumn>? ItemColumns { get; init; }
}

/// <summary>A column in a table of VMs or of results; the run's kind says which there are.</summary>
/// <param name="Name">The member of the item or result, else of its <c>values</c>.</param>
/// <param name="Title">The column's head.</param>
/// <param name="Format">text, number, milliseconds or bytes; clients show another as text.</param>
public sealed record RunColumn(string Name, string Title, string Format);

/// <summary>One wave of a run.</summary>
/// <param name="Vms">How many VMs it has.</param>
/// <param name="State">done, running, soaking (it begins when the one before it has soaked) or pending.</param>
/// <param name="BeginsAt">While it is soaking: when it begins.</param>
public sealed record RunWave(int Vms, string State, DateTimeOffset? BeginsAt = null);

/// <summary>How many items are in which state; the parts add up to the total.</summary>
public sealed record RunItemCounts(int Total, int Succeeded, int Failed, int Unreachable, int Unknown, int Pending, int Running)
{
    public int Cancelled { get; init; }
}

/// <summary>One VM of a run.</summary>
/// <param name="State">One of <see cref="ItemStates"/>; clients tolerate others.</param>
/// <param name="Step">prepare, window, copy, verify, catalog; null before the first.</param>
/// <param name="Reason">Why it is not succeeded, a sentence.</param>
/// <param name="Remedy">What the operator can do, a sentence.</param>
/// <param name="Attempt">From 1; 0 while it was never dispatched.</param>
/// <param name="FrozenMs">How long the guest was frozen, freeze's reply to thaw's; null: it was not, or nobody knows.</param>
/// <param name="Point">The recovery point that it made.</param>
public sealed record ItemStatus(
    string Vm, string Host, string? Group, string State, string? Step, string? Reason, string? Remedy,
    int Attempt, long? FrozenMs, string? Point)
{
    /// <summary>Place in the run's target list, from 0: the item's identity within its run.</summary>
    public int Index { get; init; }
    /// <summary>The point's consistency: see <see cref="ConsistencyClasses"/>.</summary>
    public string? Class { get; init; }
    /// <summary>Bytes that the point holds.</summary>
    public long? Bytes { get; init; }
    /// <summary>Whatever else the run's kind tells of its items, by name: its columns are here or above. Null: nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, JsonElement>? Values { get; init; }
    /// <summary>What a running item waits for, in words.</summary>
    public string? Note { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
}

public static class RunStates
{
    public const string Waiting = "waiting";
    public const string Running = "running";
    public const string Pausing = "pausing";
    public const string Paused = "paused";
    public const string Aborting = "aborting";
    public const string Succeeded = "succeeded";
    public const string Partial = "partial";
    public const string Failed = "failed";
    public const string Aborted = "aborted";

    /// <summary>Nothing follows.</summary>
    public static bool IsFinal(string state) => state is Succeeded or Partial or Failed or Aborted;
}

public static class WaveStates
{
    public const string Done = "done";
    public const string Running = "running";
    public const string Soaking = "soaking";
    public const string Pending = "pending";
}

public static class ItemStates
{
    public const string Pending = "pending";
    public const string Running = "running";
    public const string Succeeded = "succeeded";
    public const string Failed = "failed";
    public const string Unreachable = "unreachable";
    public const string Unknown = "unknown";
    public const string Cancelled = "cancelled";
}

/// <summary>Classes of consistency, best first.</summary>
public static class ConsistencyClasses
{
    public const string Application = "application";
    public const string Filesystem = "filesystem";
    public const string Crash = "crash";
}

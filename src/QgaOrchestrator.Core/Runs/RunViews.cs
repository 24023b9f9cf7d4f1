using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Core.Runs;

/// <summary>A run at a glance: what a list shows.</summary>
public sealed record RunSummary(
    string Id,
    string Kind,
    string Select,
    RunPhase Phase,
    string? Reason,
    RunCounts Counts,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    string? RetryOf,
    RunOptions Options
)
{
    /// <summary>Where each wave ends: the index behind its last item; null for a run in one wave.</summary>
    public IReadOnlyList<int>? WaveEnds { get; init; }

    /// <summary>When the next wave begins, while the one before it soaks.</summary>
    public DateTimeOffset? SoaksUntil { get; init; }

    /// <summary>What items wait for that have not begun, in words; null: for nothing but room. Not stored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Waits { get; init; }

    /// <summary>The name of the token that asked for it.</summary>
    public string? StartedBy { get; init; }

    public static RunSummary Of(RunState state) =>
        new(
            state.Id,
            state.Kind,
            state.Select,
            state.Phase,
            state.Reason,
            state.Counts,
            state.StartedAt,
            state.EndedAt,
            state.RetryOf,
            state.Options
        )
        {
            WaveEnds = state.Waves.Count > 1 ? [.. state.Waves.Select(wave => wave.End)] : null,
            SoaksUntil = Waves.SoaksUntil(state),
            StartedBy = state.StartedBy,
        };
}

/// <summary>One item at a glance.</summary>
public sealed record RunItemView(
    int Index, VmId Vm, ItemState State, int Attempt, string? Reason, string? Remedy,
    DateTimeOffset? DispatchedAt, DateTimeOffset? SettledAt)
{
    public string? Group { get; init; }

    /// <summary>What it waits for before it begins, in words; null: for nothing but room. Not stored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Note { get; init; }

    /// <summary>What the run's kind tells of its own, stored among the other members; null: nothing.</summary>
    [JsonExtensionData]
    public OwnValues? Values { get; set; }

    public static RunItemView Of(RunItem item) =>
        new(
            item.Index,
            item.Vm,
            item.State,
            item.Attempt,
            item.Outcome?.Reason,
            item.Outcome?.Remedy,
            item.DispatchedAt,
            item.SettledAt
        )
        { Group = item.Group, Values = item.Outcome?.Values };
}

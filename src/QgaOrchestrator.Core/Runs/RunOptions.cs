using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace QgaOrchestrator.Core.Runs;

/// <summary>A run's options, complete: defaults are filled in before they are stored.</summary>
public sealed record RunOptions
{
    /// <summary>VMs under way at once. 1 and more; default 50.</summary>
    public required int MaxParallel { get; init; }

    /// <summary>VMs under way at once on one host; null: no limit.</summary>
    public int? MaxParallelPerHost { get; init; }

    /// <summary>VMs under way at once that share a value of this label; null: no limit.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, int>? MaxParallelPerLabel { get; init; }

    /// <summary>VMs under way at once that are copied to one target; null: no limit.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MaxParallelPerTarget { get; init; }

    /// <summary>The first wave; the run stops where none of it succeeds. Null: none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CountOrPercent? Canary { get; init; }

    /// <summary>Cumulative ends of the waves after the canary; the last wave is always all. Null: one wave.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CountOrPercent>? Waves { get; init; }

    /// <summary>From a wave's last outcome to the next wave. Null: none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimeSpan? Soak { get; init; }

    /// <summary>From the run's start; whatever is not done by then is aborted. Null: none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimeSpan? Deadline { get; init; }

    /// <summary>How long a host's node is waited for that cannot be reached; null: for ever. Default 10 min.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TimeSpan? UnreachableAfter { get; init; }

    /// <summary>Only the checks are made, and nothing is changed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DryRun { get; init; }

    /// <summary>The run stops when more than this have failed (unknown ones count). The default is the kind's.</summary>
    public required CountOrPercent MaxFailures { get; init; }

    /// <summary>The run stops when more than this were unreachable. Default 100%.</summary>
    public required CountOrPercent MaxUnreachable { get; init; }

    /// <summary>The kind's own options. Not init: the reader of JSON cannot give extension data to a constructor.</summary>
    [JsonExtensionData]
    public OwnValues? Own { get; set; }

    /// <summary>These options with a kind's own among them.</summary>
    public RunOptions With<T>(string kind, T own, JsonTypeInfo<T> type) =>
        this with { Own = new OwnValues { [kind] = JsonSerializer.SerializeToElement(own, type) } };

    /// <summary>The own options of this kind; null: these are not such a run's.</summary>
    public T? Of<T>(string kind, JsonTypeInfo<T> type) where T : class =>
        Own is not null && Own.TryGetValue(kind, out var own) ? own.Deserialize(type) : null;
}

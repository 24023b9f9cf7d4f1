using System.Text.Json.Serialization;

namespace QgaOrchestrator.Api;

/// <summary>A part of a list. It may hold fewer items than asked for: <paramref name="Next"/> alone tells whether there are
/// more.</summary>
/// <param name="Items">In the list's own order.</param>
/// <param name="Next">The cursor of the next part, null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next)
{
    /// <summary>Of runs and audit entries: what had happened before then was removed; null: nothing was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? KeptFrom { get; init; }

    /// <summary>How many the whole list holds, all its parts together; null where a list does not tell.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Total { get; init; }

    /// <summary>Why the list may not hold all that there is, a sentence or two each: as a source of VMs that cannot be
    /// read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Notes { get; init; }

    /// <summary>Of results: what a table shows of each; null where a list does not tell.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RunColumn>? Columns { get; init; }
}

using System.Text.Json.Serialization;

namespace QgaOrchestrator.Api;

/// <summary>A part of a list. It may hold fewer items than asked for: <paramref name="Next"/> alone tells whether there are more.</summary>
/// <param name="Items">In the list's own order.</param>
/// <param name="Next">The cursor of the next part, null at the end.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next)
{
    /// <summary>Of runs and audit entries: what had happened before then was removed; null: nothing was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? KeptFrom { get; init; }
}

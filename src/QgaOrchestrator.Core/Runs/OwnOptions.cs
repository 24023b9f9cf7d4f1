using System.Text.Json;

namespace QgaOrchestrator.Core.Runs;

/// <summary>
/// What a run's kind keeps among the run's options: JSON under the kind's name. The engine carries it and does not look
/// inside. Equal where the JSON is.
/// </summary>
public sealed class OwnOptions : Dictionary<string, JsonElement>, IEquatable<OwnOptions>
{
    public bool Equals(OwnOptions? other) =>
        other is not null
        && other.Count == Count
        && this.All(own => other.TryGetValue(own.Key, out var its) && JsonElement.DeepEquals(own.Value, its));

    public override bool Equals(object? obj) => Equals(obj as OwnOptions);

    public override int GetHashCode() => Count;
}

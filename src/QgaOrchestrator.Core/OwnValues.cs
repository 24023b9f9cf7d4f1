using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace QgaOrchestrator.Core;

/// <summary>
/// What a run's kind keeps of its own among the members of a run's options or of an item's outcome: JSON by name. The engine
/// carries it and does not look inside. Equal where the JSON is.
/// </summary>
public sealed class OwnValues : Dictionary<string, JsonElement>, IEquatable<OwnValues>
{
    public OwnValues()
    {
    }

    public OwnValues(IEnumerable<KeyValuePair<string, JsonElement>> values) : base(values)
    {
    }

    /// <summary>An object's members.</summary>
    public static OwnValues Of<T>(T value, JsonTypeInfo<T> type) => new(
        JsonSerializer.SerializeToElement(value, type).EnumerateObject()
            .Select(member => KeyValuePair.Create(member.Name, member.Value)));

    public bool Equals(OwnValues? other) =>
        other is not null
        && other.Count == Count
        && this.All(own => other.TryGetValue(own.Key, out var its) && JsonElement.DeepEquals(own.Value, its));

    public override bool Equals(object? obj) => Equals(obj as OwnValues);

    public override int GetHashCode() => Count;
}

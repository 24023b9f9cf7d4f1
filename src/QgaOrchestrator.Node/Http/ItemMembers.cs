using System.Text.Json;
using QgaOrchestrator.Core;

namespace QgaOrchestrator.Node.Http;

/// <summary>
/// A kind's own values as HTTP places them in an item. Four names are members of every item, since the contract had them before
/// it had <c>values</c>; the others are in <c>values</c>.
/// </summary>
internal sealed class ItemMembers(OwnValues own)
{
    private static readonly string[] _members = ["frozenMs", "point", "class", "bytes"];

    public long? FrozenMs => Number("frozenMs");

    public string? Point => Text("point");

    public string? Class => Text("class");

    public long? Bytes => Number("bytes");

    /// <summary>Null: there are no others.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Others =>
        own.Where(value => !_members.Contains(value.Key)).ToDictionary() is { Count: > 0 } others ? others : null;

    private long? Number(string name) =>
        own.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;

    private string? Text(string name) =>
        own.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

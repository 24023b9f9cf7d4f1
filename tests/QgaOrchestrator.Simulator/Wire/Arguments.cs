using System.Text.Json;

namespace QgaOrchestrator.Simulator;

/// <summary>The arguments of a command; the errors are those of QEMU's input visitor.</summary>
public sealed class Arguments(JsonElement members)
{
    public JsonElement Json => members;

    /// <summary>As they came; empty for none.</summary>
    public string Raw => members.ValueKind == JsonValueKind.Undefined ? "" : members.GetRawText();

    public Arguments Allow(params ReadOnlySpan<string> names)
    {
        if (members.ValueKind != JsonValueKind.Object) return this;
        foreach (var member in members.EnumerateObject())
        {
            if (!names.Contains(member.Name)) throw new QemuException($"Parameter '{member.Name}' is unexpected");
        }
        return this;
    }

    public JsonElement? Find(string name) =>
        members.ValueKind == JsonValueKind.Object && members.TryGetProperty(name, out var value) ? value : null;

    public JsonElement Need(string name) => Find(name) ?? throw new QemuException($"Parameter '{name}' is missing");

    public string Text(string name) => Text(name, Need(name));

    public string? TextOrNull(string name) => Find(name) is { } value ? Text(name, value) : null;

    /// <summary>A node's name where JSON null, or nothing, means none.</summary>
    public string? TextOrNullNode(string name) =>
        Find(name) is { ValueKind: not JsonValueKind.Null } value ? Text(name, value) : null;

    public long Number(string name) => Number(name, Need(name));

    public long Number(string name, long otherwise) => Find(name) is { } value ? Number(name, value) : otherwise;

    public bool Flag(string name, bool otherwise) => Find(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(name, "boolean"),
    };

    public Arguments Object(string name) =>
        Need(name) is { ValueKind: JsonValueKind.Object } value ? new Arguments(value) : throw Wrong(name, "object");

    public IReadOnlyList<JsonElement>? Array(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray()],
        _ => throw Wrong(name, "array"),
    };

    private static string Text(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(name, "string");

    private static long Number(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw Wrong(name, "integer");

    private static QemuException Wrong(string name, string expected) =>
        new($"Invalid parameter type for '{name}', expected: {expected}");
}

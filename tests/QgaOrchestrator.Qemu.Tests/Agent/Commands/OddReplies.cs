using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Qemu.Tests.Agent.Commands;

/// <summary>Replies to a command, right ones and every odd one that one change makes of them.</summary>
internal static class OddReplies
{
    private const string Place = "@odd@";

    /// <summary>What may stand where another thing was right, as raw bytes: some are no text at all.</summary>
    private static readonly byte[][] Odd =
    [
        .. new[]
        {
            "null",
            "true",
            "\"word\"",
            "\"\"",
            "-1",
            "1.5",
            "1e400",
            "18446744073709551616",
            "[]",
            "[null]",
            "{}",
            "{\"a\":[null]}",
            "[[[1]]]",
            "\"\\ud800\"",
            "\"\\udc00\\ud800\"",
            "\"\\u0000\\u001b[2J\"",
            "\"7\"",
            "\"====\"",
        }.Select(Encoding.UTF8.GetBytes),
        [(byte)'"', 0xC3, 0x28, (byte)'"'],
        [(byte)'"', (byte)'\\', (byte)'n', 0x80, (byte)'"'],
        [(byte)'{', (byte)'"', 0xED, 0xA0, 0x80, (byte)'"', (byte)':', (byte)'1', (byte)'}'],
    ];

    public static IEnumerable<byte[]> Of(AgentCommand command) => Right(command).SelectMany(Changed);

    /// <summary>As recorded, and as the schema allows.</summary>
    public static IEnumerable<JsonNode> Right(AgentCommand command)
    {
        foreach (var name in Transcript.Names)
        {
            var asked = "";
            foreach (var line in Transcript.Read(name))
            {
                var message = JsonNode.Parse(line.Message)!;
                if (line.Ours) asked = (string)message["execute"]!;
                else if (asked == command.Name && message["return"] is { } returned) yield return returned.DeepClone();
            }
        }
        if (command.Returns is { } returns) yield return Made(returns.Type);
    }

    private static IEnumerable<byte[]> Changed(JsonNode right)
    {
        foreach (var path in Paths(right, []))
        {
            if (path.Length > 0) yield return Encoding.UTF8.GetBytes(With(right, path, null).ToJsonString());
            var raw = path.Length == 0 ? $"\"{Place}\"" : With(right, path, Place).ToJsonString();
            var at = raw.IndexOf($"\"{Place}\"", StringComparison.Ordinal);
            foreach (var odd in Odd)
                yield return
                [
                    .. Encoding.UTF8.GetBytes(raw[..at]),
                    .. odd,
                    .. Encoding.UTF8.GetBytes(raw[(at + Place.Length + 2)..]),
                ];
        }
    }

    /// <summary>Every value's place; of a list its first alone, since its others are as that.</summary>
    private static IEnumerable<object[]> Paths(JsonNode? node, object[] path)
    {
        yield return path;
        var within = node switch
        {
            JsonObject members => members.SelectMany(member => Paths(member.Value, [.. path, member.Key])),
            JsonArray { Count: > 0 } list => Paths(list[0], [.. path, 0]),
            _ => [],
        };
        foreach (var place in within) yield return place;
    }

    /// <param name="value">Null: it is left out.</param>
    private static JsonNode With(JsonNode right, object[] path, string? value)
    {
        var changed = right.DeepClone();
        var parent = path[..^1].Aggregate(changed, (node, step) => step is int at ? node[at]! : node[(string)step]!);
        switch (path[^1])
        {
            case int at when value is null: parent.AsArray().RemoveAt(at); break;
            case int at: parent[at] = value; break;
            case string name when value is null: parent.AsObject().Remove(name); break;
            case string name: parent[name] = value; break;
        }
        return changed;
    }

    /// <summary>Every member is there.</summary>
    private static JsonNode Made(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return "text";
        if (type == typeof(bool)) return true;
        if (type == typeof(byte[])) return "aGk=";
        if (type == typeof(FreezeStatus)) return "frozen";
        if (type.IsPrimitive) return 7;
        var info = AgentJson.Default.GetTypeInfo(type)!;
        return info.Kind switch
        {
            JsonTypeInfoKind.Enumerable => new JsonArray(Made(type.GetGenericArguments()[0])),
            JsonTypeInfoKind.Object when type.GetProperty("Value") is null => new JsonObject(
                info.Properties.Where(member => member.Get is not null)
                    .Select(member => KeyValuePair.Create(member.Name, (JsonNode?)Made(member.PropertyType)))
            ),
            _ => "word",
        };
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// JSON as QEMU prints it: ", " and ": " between tokens, pure ASCII, everything else escaped with upper-case hex.
/// </summary>
public static class QemuJson
{
    public static string Write(JsonNode? node)
    {
        var text = new StringBuilder();
        Append(text, node);
        return text.ToString();
    }

    /// <summary>One line of a reply: the agent ends its lines with LF, a monitor with CRLF.</summary>
    public static byte[] Line(JsonNode node, string end) => Encoding.ASCII.GetBytes(Write(node) + end);

    private static void Append(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject members:
                text.Append('{');
                var first = true;
                foreach (var (name, value) in members)
                {
                    if (!first) text.Append(", ");
                    first = false;
                    AppendString(text, name);
                    text.Append(": ");
                    Append(text, value);
                }
                text.Append('}');
                break;
            case JsonArray items:
                text.Append('[');
                for (var i = 0; i < items.Count; i++)
                {
                    if (i > 0) text.Append(", ");
                    Append(text, items[i]);
                }
                text.Append(']');
                break;
            default:
                if (node.GetValueKind() == JsonValueKind.String) AppendString(text, node.GetValue<string>());
                else text.Append(node.ToJsonString());
                break;
        }
    }

    private static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' or > '~' => text.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture)),
                _ => text.Append(c),
            };
        }
        text.Append('"');
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;

namespace QgaOrchestrator.Simulator;

/// <summary>A command as it came in, checked as QEMU's dispatcher does before it looks at the name.</summary>
/// <param name="Id">The client's `id`, echoed with the reply; null if there was none.</param>
public sealed record Request(string Command, Arguments Arguments, JsonNode? Id)
{
    /// <exception cref="QemuException">The texts of QEMU 7.2.</exception>
    public static Request From(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) throw new QemuException("QMP input must be a JSON object");
        var command = "";
        var arguments = default(JsonElement);
        foreach (var member in value.EnumerateObject())
        {
            switch (member.Name)
            {
                case "execute" when member.Value.ValueKind == JsonValueKind.String:
                    command = member.Value.GetString()!;
                    break;
                case "execute":
                    throw new QemuException("QMP input member 'execute' must be a string");
                case "arguments" when member.Value.ValueKind == JsonValueKind.Object:
                    arguments = member.Value;
                    break;
                case "arguments":
                    throw new QemuException("QMP input member 'arguments' must be an object");
                case "id":
                    break;
                default:
                    throw new QemuException($"QMP input member '{member.Name}' is unexpected");
            }
        }
        if (command.Length == 0) throw new QemuException("QMP input lacks member 'execute'");
        return new Request(command, new Arguments(arguments), IdOf(value));
    }

    public static JsonNode? IdOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("id", out var id)
            ? JsonNode.Parse(id.GetRawText()) : null;
}

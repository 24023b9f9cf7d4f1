using System.Text.Json;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Monitor;

/// <summary>One line from QEMU: the greeting, an event, or the reply to a command of ours.</summary>
internal abstract record MonitorMessage
{
    private MonitorMessage() { }

    public sealed record Greeting(Version Version) : MonitorMessage;

    public sealed record Happened(MonitorEvent Event) : MonitorMessage;

    /// <summary>A reply. <paramref name="Id"/> is null where QEMU could not read our line, or a peer does not echo ids.</summary>
    public sealed record Reply(long? Id, MonitorOutcome Outcome) : MonitorMessage;

    /// <exception cref="JsonException">The line is not a JSON object.</exception>
    public static MonitorMessage Parse(ReadOnlySpan<byte> line)
    {
        // As deep as QEMU's own parser goes: a chain of images is told nested.
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 1024 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("not an object");
        MonitorMessage? greeting = null;
        MonitorOutcome? outcome = null;
        string? happened = null;
        ReadOnlyMemory<byte> data = default;
        long? id = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "return": outcome = new MonitorOutcome.Returned(Value(ref reader, line)); break;
                case "error": outcome = Error(ref reader); break;
                case "event": happened = reader.GetString(); break;
                case "data": data = Value(ref reader, line); break;
                case "QMP": greeting = new Greeting(QemuVersion(ref reader)); break;
                case "id": id = IdOf(ref reader); break;
                default: reader.Skip(); break;
            }
        }

        if (happened is not null) return new Happened(new(happened, data));
        return greeting ?? new Reply(id, outcome ?? throw new JsonException("neither reply nor event"));
    }

    /// <summary>Ours are numbers from 1; any other is nobody's.</summary>
    private static long IdOf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number)) return number;
        reader.Skip();
        return 0;
    }

    private static byte[] Value(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return line[start..(int)reader.BytesConsumed].ToArray();
    }

    private static MonitorOutcome.Refused Error(ref Utf8JsonReader reader)
    {
        using var error = JsonDocument.ParseValue(ref reader);
        return new(
            ForeignText.Name(Text(error.RootElement, "class") ?? "GenericError"),
            ForeignText.Message(Text(error.RootElement, "desc") ?? "no reason given")
        );
    }

    private static Version QemuVersion(ref Utf8JsonReader reader)
    {
        using var greeting = JsonDocument.ParseValue(ref reader);
        return greeting.RootElement is { ValueKind: JsonValueKind.Object } root
            && root.TryGetProperty("version", out var version) && version.ValueKind == JsonValueKind.Object
            && version.TryGetProperty("qemu", out var qemu) && qemu.ValueKind == JsonValueKind.Object
            ? new(Number(qemu, "major"), Number(qemu, "minor"), Number(qemu, "micro"))
            : new(0, 0, 0);
    }

    private static int Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.TryGetInt32(out var number) && number >= 0 ? number : 0;

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

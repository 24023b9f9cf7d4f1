using System.Buffers;
using System.Text.Json;

namespace QgaOrchestrator.Qemu.Monitor;

/// <summary>A command's arguments: the members of one JSON object.</summary>
internal static class MonitorArguments
{
    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}

using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// A word of one of the schema's enumerations, as it is on the wire. Newer agents have more words, so any word is read and
/// kept; those up to QEMU 10.2 are the type's static properties.
/// </summary>
internal interface IAgentWord<TSelf> where TSelf : struct, IAgentWord<TSelf>
{
    string Value { get; }

    static abstract TSelf Of(string value);
}

internal sealed class AgentWordConverter<T> : JsonConverter<T> where T : struct, IAgentWord<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String ? T.Of(reader.GetString()!) : throw new JsonException("a word is a string");

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.Value);
}

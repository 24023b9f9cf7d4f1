using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// The agent's replies. Unknown members are ignored, a missing one that the schema requires is an error. Enumerations stay
/// the wire's words where nothing branches on them, since newer agents have more values.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AgentInfo))]
[JsonSerializable(typeof(IReadOnlyList<GuestFilesystem>))]
[JsonSerializable(typeof(IReadOnlyList<GuestNetworkInterface>))]
[JsonSerializable(typeof(ExecRequest))]
[JsonSerializable(typeof(ExecStatus))]
[JsonSerializable(typeof(GuestFileChunk))]
[JsonSerializable(typeof(GuestHostName))]
[JsonSerializable(typeof(GuestOsInfo))]
[JsonSerializable(typeof(GuestProcess))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(string))]
internal sealed partial class AgentJson : JsonSerializerContext
{
    /// <exception cref="JsonException">The value is not of this shape.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(json.Span, type) ?? throw new JsonException("null instead of a value");
}

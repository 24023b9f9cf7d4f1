using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// The agent's arguments and replies. Unknown members of a reply are ignored, a missing one that the schema requires is an
/// error. An agent refuses null and members that it does not know, so what is null is not sent.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.KebabCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AgentInfo))]
[JsonSerializable(typeof(AuthorizedKeysArguments))]
[JsonSerializable(typeof(ExecRequest))]
[JsonSerializable(typeof(ExecStatus))]
[JsonSerializable(typeof(FileHandleArguments))]
[JsonSerializable(typeof(FileOpenArguments))]
[JsonSerializable(typeof(FileReadArguments))]
[JsonSerializable(typeof(FileSeekArguments))]
[JsonSerializable(typeof(FileWriteArguments))]
[JsonSerializable(typeof(FreezeListArguments))]
[JsonSerializable(typeof(FstrimArguments))]
[JsonSerializable(typeof(FreezeStatus))]
[JsonSerializable(typeof(GuestAuthorizedKeys))]
[JsonSerializable(typeof(GuestFileChunk))]
[JsonSerializable(typeof(GuestFilePosition))]
[JsonSerializable(typeof(GuestFileWritten))]
[JsonSerializable(typeof(GuestHostName))]
[JsonSerializable(typeof(GuestLoad))]
[JsonSerializable(typeof(GuestMemoryBlockInfo))]
[JsonSerializable(typeof(GuestOsInfo))]
[JsonSerializable(typeof(GuestProcess))]
[JsonSerializable(typeof(GuestTimezone))]
[JsonSerializable(typeof(GuestTrim))]
[JsonSerializable(typeof(IReadOnlyList<GuestCpuStats>))]
[JsonSerializable(typeof(IReadOnlyList<GuestDevice>))]
[JsonSerializable(typeof(IReadOnlyList<GuestDisk>))]
[JsonSerializable(typeof(IReadOnlyList<GuestDiskStatsOf>))]
[JsonSerializable(typeof(IReadOnlyList<GuestFilesystem>))]
[JsonSerializable(typeof(IReadOnlyList<GuestMemoryBlock>))]
[JsonSerializable(typeof(IReadOnlyList<GuestMemoryBlockResult>))]
[JsonSerializable(typeof(IReadOnlyList<GuestNetworkInterface>))]
[JsonSerializable(typeof(IReadOnlyList<GuestRoute>))]
[JsonSerializable(typeof(IReadOnlyList<GuestUser>))]
[JsonSerializable(typeof(IReadOnlyList<GuestVcpu>))]
[JsonSerializable(typeof(SetMemoryBlocksArguments))]
[JsonSerializable(typeof(SetTimeArguments))]
[JsonSerializable(typeof(SetUserPasswordArguments))]
[JsonSerializable(typeof(SetVcpusArguments))]
[JsonSerializable(typeof(ShutdownArguments))]
[JsonSerializable(typeof(SshAddKeysArguments))]
[JsonSerializable(typeof(SshRemoveKeysArguments))]
[JsonSerializable(typeof(SyncArguments))]
[JsonSerializable(typeof(ExecStatusArguments))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(string))]
internal sealed partial class AgentJson : JsonSerializerContext
{
    /// <exception cref="JsonException">The value is not of this shape.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(json.Span, type) ?? throw new JsonException("null instead of a value");

    public static AgentRequest Request<T>(string command, T arguments, JsonTypeInfo<T> type) =>
        new(command, JsonSerializer.SerializeToUtf8Bytes(arguments, type));
}

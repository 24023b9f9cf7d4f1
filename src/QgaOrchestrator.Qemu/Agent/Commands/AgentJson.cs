using System.Buffers.Text;
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
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(FractionConverter)])]
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
    /// <summary>Where every reply is read.</summary>
    /// <param name="isData">It holds a file's or a process's bytes.</param>
    /// <exception cref="NotUnderstoodException">The value is not of this shape.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> type, bool isData = false)
    {
        try
        {
            if (JsonSerializer.Deserialize(json.Span, type) is { } value && !HoldsNothing(json.Span)) return value;
        }
        catch (Exception e) when (
            e is JsonException or FormatException or InvalidOperationException or OverflowException or NotSupportedException)
        {
            throw new NotUnderstoodException(json, (e as JsonException)?.Path, isData, e);
        }
        throw new NotUnderstoodException(json, null, isData, null);
    }

    /// <summary>How many; no number is less than none.</summary>
    /// <exception cref="NotUnderstoodException">It is no such number.</exception>
    public static long ReadCount(ReadOnlyMemory<byte> json) =>
        Read(json, Default.Int64) is >= 0 and var count
            ? count
            : throw new NotUnderstoodException(json, null, isData: false, null);

    /// <summary>
    /// An element of a list is null, which no type of ours allows and the serializer does not look at. No agent's schema has
    /// a null, so this is hardly ever looked for.
    /// </summary>
    private static bool HoldsNothing(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("null"u8) < 0) return false;
        var reader = new Utf8JsonReader(json);
        var named = false;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Null && !named) return true;
            named = reader.TokenType == JsonTokenType.PropertyName;
        }
        return false;
    }

    public static AgentRequest Request<T>(string command, T arguments, JsonTypeInfo<T> type) =>
        new(command, JsonSerializer.SerializeToUtf8Bytes(arguments, type));

    /// <summary>A request with a secret in it, as base64: written once, in memory that is overwritten.</summary>
    /// <param name="before">The arguments up to the secret: they end with its quotation mark.</param>
    /// <param name="behind">The arguments from the secret's closing quotation mark on.</param>
    public static AgentRequest Request(string command, byte[] before, Secret secret, byte[] behind)
    {
        var length = Base64.GetMaxEncodedToUtf8Length(secret.Reveal().Length);
        return AgentRequest.Secretly(command, Agent.Secret.Create(before.Length + length + behind.Length, bytes =>
        {
            before.CopyTo(bytes);
            Base64.EncodeToUtf8(secret.Reveal(), bytes.Slice(before.Length, length), out _, out _);
            behind.CopyTo(bytes[(before.Length + length)..]);
        }));
    }
}

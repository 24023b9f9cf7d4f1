using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Reads on from where the last read ended.</summary>
public static class GuestFileRead
{
    public const string Name = "guest-file-read";

    /// <summary>It moves the position; a seek to a known offset makes a repeat possible, and only its caller knows it.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Never, TimeoutClass.Medium)
    {
        Arguments = AgentJson.Default.FileReadArguments,
        Returns = AgentJson.Default.GuestFileChunk,
        LargestReplyBy = arguments => ReplyOf(CountIn(arguments)),
    };

    /// <param name="handle">From <see cref="GuestFileOpen"/>.</param>
    /// <param name="count">Bytes at the most; agents allow 48 MiB. Null is 4096.</param>
    public static AgentRequest Request(long handle, long? count = null) =>
        AgentJson.Request(Name, new(handle, count), AgentJson.Default.FileReadArguments);

    public static GuestFileChunk Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.GuestFileChunk, isData: true);

    /// <summary>An agent since QEMU 5.0 refuses more.</summary>
    private const long MostBytes = 48 << 20;

    /// <summary>Base64, and what stands around it.</summary>
    private static int ReplyOf(long count) =>
        Math.Max(AgentCommand.SmallReply, (int)((Math.Clamp(count, 0, MostBytes) + 2) / 3 * 4) + 128);

    /// <summary>What the agent takes when none is named. Arguments that it refuses are answered by an error.</summary>
    private static long CountIn(ReadOnlyMemory<byte> arguments)
    {
        const long unnamed = 4096;
        try
        {
            return arguments.IsEmpty
                ? unnamed
                : JsonSerializer.Deserialize(arguments.Span, AgentJson.Default.FileReadArguments)?.Count ?? unnamed;
        }
        catch (JsonException)
        {
            return unnamed;
        }
    }
}

internal sealed record FileReadArguments(long Handle, long? Count = null);

/// <param name="Count">How many bytes they are.</param>
/// <param name="Bytes">What was read.</param>
/// <param name="Eof">Nothing follows; true already on the read that reaches the end.</param>
public sealed record GuestFileChunk(
    long Count, [property: JsonPropertyName("buf-b64"), JsonConverter(typeof(Base64Converter))] byte[] Bytes, bool Eof);

using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Reads on from where the last read ended.</summary>
public static class GuestFileRead
{
    public const string Name = "guest-file-read";

    /// <summary>It moves the position; a seek to a known offset makes a repeat possible, and only its caller knows it.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Never, TimeoutClass.Medium);

    /// <param name="handle">From <see cref="GuestFileOpen"/>.</param>
    /// <param name="count">Bytes at the most; agents allow 48 MiB.</param>
    public static AgentRequest Request(long handle, int count) =>
        new(Name, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"handle\":{handle},\"count\":{count}}}")));

    public static GuestFileChunk Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.GuestFileChunk);
}

/// <param name="Bytes">What was read.</param>
/// <param name="Eof">Nothing follows; true already on the read that reaches the end.</param>
public sealed record GuestFileChunk([property: JsonPropertyName("buf-b64")] byte[] Bytes, bool Eof);

using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Writes on from where the handle stands. What is written is buffered until a flush, a seek or the close.</summary>
public static class GuestFileWrite
{
    public const string Name = "guest-file-write";

    /// <summary>
    /// It moves the position. What is written may be a key or a password, and nobody needs it in a log.
    /// </summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Never, TimeoutClass.Medium)
    {
        Arguments = AgentJson.Default.FileWriteArguments,
        Returns = AgentJson.Default.GuestFileWritten,
        SecretArguments = ["buf-b64"],
    };

    /// <param name="handle">From <see cref="GuestFileOpen"/>.</param>
    /// <param name="bytes">At most 48 MiB: a request may have 64 MiB of base64.</param>
    public static AgentRequest Request(long handle, ReadOnlyMemory<byte> bytes) =>
        AgentJson.Request(Name, new(handle, bytes), AgentJson.Default.FileWriteArguments);

    public static GuestFileWritten Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.GuestFileWritten);
}

/// <param name="Bytes">At most so many are written as it has.</param>
/// <param name="Count">How many of them, all where there is none.</param>
internal sealed record FileWriteArguments(
    long Handle, [property: JsonPropertyName("buf-b64")] ReadOnlyMemory<byte> Bytes, long? Count = null)
{
    /// <summary>Without what is written.</summary>
    public override string ToString() => $"handle {Handle}";
}

/// <param name="Count">Bytes written, which may be fewer than were sent: the rest is to be sent again.</param>
/// <param name="Eof">The stream's flag; a write hardly meets it.</param>
public sealed record GuestFileWritten(long Count, bool Eof);

using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Moves the handle's position, and so ends the buffering of a write before it.</summary>
public static class GuestFileSeek
{
    public const string Name = "guest-file-seek";

    /// <summary>Safe for begin and end, but from the current position a repeat goes twice as far: its worst case
    /// counts.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Never, TimeoutClass.Quick)
    {
        Arguments = AgentJson.Default.FileSeekArguments,
        Returns = AgentJson.Default.GuestFilePosition,
        Words = new("whence", new Version(2, 6), "0, 1 or 2"),
    };

    /// <param name="handle">From <see cref="GuestFileOpen"/>.</param>
    /// <param name="offset">Bytes, negative ones go back.</param>
    /// <param name="origin">Sent as a number, which every agent takes; the words came with QEMU 2.6.</param>
    public static AgentRequest Request(long handle, long offset, SeekOrigin origin) =>
        AgentJson.Request(Name, new(handle, offset, FileWhence.Of(origin)), AgentJson.Default.FileSeekArguments);

    public static GuestFilePosition Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.GuestFilePosition);
}

internal sealed record FileSeekArguments(long Handle, long Offset, FileWhence Whence);

/// <summary>GuestFileWhence: a number, or one of the words "set", "cur", "end" since QEMU 2.6.</summary>
[JsonConverter(typeof(FileWhenceConverter))]
internal readonly record struct FileWhence(long Number)
{
    public static FileWhence Of(SeekOrigin origin) => new(origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => 1,
        SeekOrigin.End => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(origin), origin, "no such origin"),
    });
}

internal sealed class FileWhenceConverter : JsonConverter<FileWhence>
{
    public override FileWhence Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Number
            ? new(reader.GetInt64())
            : reader.GetString() switch
            {
                "set" => new(0),
                "cur" => new(1),
                "end" => new(2),
                _ => throw new JsonException("no such whence"),
            };

    public override void Write(Utf8JsonWriter writer, FileWhence value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Number);
}

/// <param name="Position">Bytes from the file's start.</param>
public sealed record GuestFilePosition(long Position, bool Eof);

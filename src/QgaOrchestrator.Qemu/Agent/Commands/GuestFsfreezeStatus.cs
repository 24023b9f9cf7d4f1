using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// Whether the agent holds file systems frozen: its own flag, not the kernel's state. An agent that was killed while
/// frozen finds its marker file and says frozen again.
/// </summary>
public static class GuestFsfreezeStatus
{
    public const string Name = "guest-fsfreeze-status";

    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Safe, TimeoutClass.Quick)
    {
        WhileFrozen = true,
        Returns = AgentJson.Default.FreezeStatus,
    };

    public static AgentRequest Request { get; } = new(Name);

    /// <summary>The reply is understood, and says so.</summary>
    public static bool SaysFrozen(ReadOnlyMemory<byte> json) =>
        json.TryRead(Read, out var status, out _) && status == FreezeStatus.Frozen;

    public static FreezeStatus Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.FreezeStatus);
}

/// <summary>The schema's GuestFsfreezeStatus.</summary>
[JsonConverter(typeof(FreezeStatusConverter))]
public enum FreezeStatus
{
    Thawed,
    Frozen,
}

internal sealed class FreezeStatusConverter : JsonConverter<FreezeStatus>
{
    /// <summary>Another word is no state that anybody could act upon.</summary>
    public override FreezeStatus Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType != JsonTokenType.String ? throw new JsonException("a status is a word")
        : reader.ValueTextEquals("thawed"u8) ? FreezeStatus.Thawed
        : reader.ValueTextEquals("frozen"u8) ? FreezeStatus.Frozen
        : throw new JsonException("neither thawed nor frozen");

    public override void Write(Utf8JsonWriter writer, FreezeStatus value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value == FreezeStatus.Frozen ? "frozen" : "thawed");
}

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

    public static FreezeStatus Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.FreezeStatus);
}

/// <summary>The schema's GuestFsfreezeStatus.</summary>
[JsonConverter(typeof(FreezeStatusConverter))]
public enum FreezeStatus
{
    /// <summary>A word that no QEMU up to 10.2 uses, or no word at all.</summary>
    Unknown,
    Thawed,
    Frozen,
}

internal sealed class FreezeStatusConverter : JsonConverter<FreezeStatus>
{
    public override FreezeStatus Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return reader.ValueTextEquals("thawed"u8) ? FreezeStatus.Thawed : reader.ValueTextEquals("frozen"u8) ? FreezeStatus.Frozen : FreezeStatus.Unknown;
        reader.Skip();
        return FreezeStatus.Unknown;
    }

    public override void Write(Utf8JsonWriter writer, FreezeStatus value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value switch { FreezeStatus.Frozen => "frozen", FreezeStatus.Thawed => "thawed", _ => "unknown" });
}

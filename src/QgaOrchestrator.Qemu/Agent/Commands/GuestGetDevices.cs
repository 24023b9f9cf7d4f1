using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>The devices that QEMU gave the guest, and their drivers; Windows only.</summary>
public static class GuestGetDevices
{
    public const string Name = "guest-get-devices";

    public static AgentCommand Spec { get; } = new(Name, new Version(5, 2), RetryClass.Safe, TimeoutClass.Medium)
    {
        Returns = AgentJson.Default.IReadOnlyListGuestDevice,
        LargestReply = AgentCommand.ListReply,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static IReadOnlyList<GuestDevice> Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.IReadOnlyListGuestDevice);
}

/// <param name="DriverDate">Nanoseconds since 1970. A few agents of QEMU 5.2 told a day as text, which is read as its
/// midnight.</param>
public sealed record GuestDevice(
    string DriverName,
    [property: JsonConverter(typeof(DriverDateConverter))] long? DriverDate = null,
    string? DriverVersion = null, GuestDeviceId? Id = null);

/// <summary>A union of the schema; all but the type belong to <see cref="DeviceType.Pci"/> and are null for another.</summary>
public sealed record GuestDeviceId(DeviceType Type, ushort? VendorId = null, ushort? DeviceId = null);

/// <summary>The schema's GuestDeviceType.</summary>
[JsonConverter(typeof(AgentWordConverter<DeviceType>))]
public readonly record struct DeviceType(string Value) : IAgentWord<DeviceType>
{
    public static DeviceType Pci { get; } = new("pci");

    static DeviceType IAgentWord<DeviceType>.Of(string value) => new(value);

    public override string ToString() => Value;
}

internal sealed class DriverDateConverter : JsonConverter<long?>
{
    public override long? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
            return reader.GetInt64();
        return DateTimeOffset.TryParse(
            reader.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day)
            ? (day - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick
            : null;
    }

    public override void Write(Utf8JsonWriter writer, long? value, JsonSerializerOptions options)
    {
        if (value is { } date)
            writer.WriteNumberValue(date);
        else
            writer.WriteNullValue();
    }
}

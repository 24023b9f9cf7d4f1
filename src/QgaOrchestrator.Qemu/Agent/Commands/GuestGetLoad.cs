using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>How many processes ran or wanted to, on average. Windows has no such number: its agent counts from the first call
/// on.</summary>
public static class GuestGetLoad
{
    public const string Name = "guest-get-load";

    public static AgentCommand Spec { get; } = new(Name, new Version(10, 0), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.GuestLoad,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static GuestLoad Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.GuestLoad);
}

/// <param name="OneMinute">Over the last minute.</param>
/// <param name="FiveMinutes">Over the last five.</param>
/// <param name="FifteenMinutes">Over the last fifteen.</param>
public sealed record GuestLoad(
    [property: JsonPropertyName("load1m")] double OneMinute,
    [property: JsonPropertyName("load5m")] double FiveMinutes,
    [property: JsonPropertyName("load15m")] double FifteenMinutes);

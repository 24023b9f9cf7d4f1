using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>The schema's GuestIpAddressType.</summary>
[JsonConverter(typeof(AgentWordConverter<IpAddressType>))]
public readonly record struct IpAddressType(string Value) : IAgentWord<IpAddressType>
{
    public static IpAddressType Ipv4 { get; } = new("ipv4");
    public static IpAddressType Ipv6 { get; } = new("ipv6");

    static IpAddressType IAgentWord<IpAddressType>.Of(string value) => new(value);

    public override string ToString() => Value;
}

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>The routing tables of IPv4 and IPv6; Linux only.</summary>
public static class GuestNetworkGetRoute
{
    public const string Name = "guest-network-get-route";

    public static AgentCommand Spec { get; } = new(Name, new Version(9, 1), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.IReadOnlyListGuestRoute,
        LargestReply = 4 * AgentCommand.ListReply,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static IReadOnlyList<GuestRoute> Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.IReadOnlyListGuestRoute);
}

/// <summary>A row of /proc/net/route or /proc/net/ipv6_route: which members it has depends on the version.</summary>
/// <param name="Iface">The interface, as in eth0.</param>
/// <param name="Destination">An address.</param>
/// <param name="Version">Of IP: 4 or 6.</param>
/// <param name="Mask">IPv4.</param>
/// <param name="Irtt">Initial round trip time, ms. IPv4.</param>
/// <param name="Mtu">Bytes. IPv4.</param>
/// <param name="Desprefixlen">Length of the destination's prefix, as text. IPv6.</param>
/// <param name="Source">IPv6.</param>
/// <param name="Srcprefixlen">Length of the source's prefix, as text. IPv6.</param>
/// <param name="Nexthop">IPv6.</param>
public sealed record GuestRoute(
    string Iface, string Destination, long Metric, long Version,
    string? Gateway = null, string? Mask = null, long? Irtt = null, ulong? Flags = null,
    long? Refcnt = null, long? Use = null, long? Window = null, long? Mtu = null,
    string? Desprefixlen = null, string? Source = null, string? Srcprefixlen = null, string? Nexthop = null);

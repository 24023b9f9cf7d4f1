namespace QgaOrchestrator.Qemu.Agent.Commands;

public static class GuestNetworkGetInterfaces
{
    public const string Name = "guest-network-get-interfaces";

    public static AgentCommand Spec { get; } = new(Name, new Version(1, 1), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.IReadOnlyListGuestNetworkInterface,
        LargestReply = AgentCommand.ListReply,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static IReadOnlyList<GuestNetworkInterface> Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.IReadOnlyListGuestNetworkInterface);
}

/// <param name="HardwareAddress">Absent for tunnels and their likes.</param>
/// <param name="IpAddresses">Absent where it has none.</param>
/// <param name="Statistics">Since QEMU 2.11; absent for some interfaces.</param>
public sealed record GuestNetworkInterface(
    string Name, string? HardwareAddress = null, IReadOnlyList<GuestIpAddress>? IpAddresses = null,
    GuestNetworkStatistics? Statistics = null);

public sealed record GuestIpAddress(string IpAddress, IpAddressType IpAddressType, long Prefix);

public sealed record GuestNetworkStatistics(
    ulong RxBytes, ulong RxPackets, ulong RxErrs, ulong RxDropped,
    ulong TxBytes, ulong TxPackets, ulong TxErrs, ulong TxDropped);

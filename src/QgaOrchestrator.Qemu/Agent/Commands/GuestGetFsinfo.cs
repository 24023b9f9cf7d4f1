namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>The mounted local file systems and the disks below them, which is what tells whether a disk is covered.</summary>
public static class GuestGetFsinfo
{
    public const string Name = "guest-get-fsinfo";

    public static AgentCommand Spec { get; } = new(Name, new Version(2, 2), RetryClass.Safe, TimeoutClass.Medium)
    {
        Returns = AgentJson.Default.IReadOnlyListGuestFilesystem,
        LargestReply = AgentCommand.ListReply,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static IReadOnlyList<GuestFilesystem> Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.IReadOnlyListGuestFilesystem);
}

/// <param name="Disk">The disks below it; empty where the agent cannot tell.</param>
/// <param name="UsedBytes">Since QEMU 3.0.</param>
/// <param name="TotalBytesPrivileged">With the blocks that only root may fill, since QEMU 9.1.</param>
public sealed record GuestFilesystem(
    string Name, string Mountpoint, string Type, IReadOnlyList<GuestDiskAddress> Disk,
    ulong? UsedBytes = null, ulong? TotalBytes = null, ulong? TotalBytesPrivileged = null);

/// <param name="Serial">Since QEMU 3.1.</param>
/// <param name="Dev">The device in the guest, as in /dev/vda, since QEMU 3.1.</param>
/// <param name="CcwAddress">On s390x, since QEMU 6.0.</param>
public sealed record GuestDiskAddress(
    GuestPciAddress PciController, DiskBusType BusType, long Bus, long Target, long Unit,
    string? Serial = null, string? Dev = null, GuestCcwAddress? CcwAddress = null);

/// <summary>A member is -1 where it is unknown.</summary>
public sealed record GuestPciAddress(long Domain, long Bus, long Slot, long Function);

public sealed record GuestCcwAddress(long Cssid, long Ssid, long Subchno, long Devno);

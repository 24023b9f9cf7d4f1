namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>The guest's disks and partitions, and what is built upon what. Needs an agent with libudev on Linux.</summary>
public static class GuestGetDisks
{
    public const string Name = "guest-get-disks";

    public static AgentCommand Spec { get; } = new(Name, new Version(5, 2), RetryClass.Safe, TimeoutClass.Medium)
    {
        Returns = AgentJson.Default.IReadOnlyListGuestDisk,
        LargestReply = AgentCommand.ListReply,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static IReadOnlyList<GuestDisk> Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.IReadOnlyListGuestDisk);
}

/// <param name="Name">As in /dev/vda, or \\.\PhysicalDrive0.</param>
/// <param name="Partition">It is a part of a disk.</param>
/// <param name="Dependencies">Names of what it is built upon: a partition's disk, a mapper's devices.</param>
/// <param name="Address">Where it is plugged in.</param>
/// <param name="Alias">A device mapper's own name.</param>
/// <param name="Smart">Since QEMU 7.1.</param>
public sealed record GuestDisk(
    string Name, bool Partition, IReadOnlyList<string>? Dependencies = null, GuestDiskAddress? Address = null,
    string? Alias = null, GuestDiskSmart? Smart = null);

/// <summary>
/// A disk's report of its own health, as the NVMe specification names it. All but the type belong to
/// <see cref="DiskBusType.Nvme"/> and are null for another. Counters have 128 bits in two members, low and high.
/// </summary>
/// <param name="CriticalWarning">Bits; 0 is well.</param>
/// <param name="Temperature">Kelvin.</param>
/// <param name="AvailableSpare">Percent.</param>
/// <param name="DataUnitsReadLo">Units of 512,000 bytes.</param>
/// <param name="ControllerBusyTimeLo">Minutes.</param>
public sealed record GuestDiskSmart(
    DiskBusType Type,
    long? CriticalWarning = null, long? Temperature = null,
    long? AvailableSpare = null, long? AvailableSpareThreshold = null, long? PercentageUsed = null,
    ulong? DataUnitsReadLo = null, ulong? DataUnitsReadHi = null,
    ulong? DataUnitsWrittenLo = null, ulong? DataUnitsWrittenHi = null,
    ulong? HostReadCommandsLo = null, ulong? HostReadCommandsHi = null,
    ulong? HostWriteCommandsLo = null, ulong? HostWriteCommandsHi = null,
    ulong? ControllerBusyTimeLo = null, ulong? ControllerBusyTimeHi = null,
    ulong? PowerCyclesLo = null, ulong? PowerCyclesHi = null,
    ulong? PowerOnHoursLo = null, ulong? PowerOnHoursHi = null,
    ulong? UnsafeShutdownsLo = null, ulong? UnsafeShutdownsHi = null,
    ulong? MediaErrorsLo = null, ulong? MediaErrorsHi = null,
    ulong? NumberOfErrorLogEntriesLo = null, ulong? NumberOfErrorLogEntriesHi = null);

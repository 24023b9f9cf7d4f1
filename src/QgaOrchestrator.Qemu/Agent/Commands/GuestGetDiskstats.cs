namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>The kernel's counters of each block device, as in /proc/diskstats; Linux only.</summary>
public static class GuestGetDiskstats
{
    public const string Name = "guest-get-diskstats";

    public static AgentCommand Spec { get; } = new(Name, new Version(7, 1), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.IReadOnlyListGuestDiskStatsOf,
        LargestReply = AgentCommand.ListReply,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static IReadOnlyList<GuestDiskStatsOf> Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.IReadOnlyListGuestDiskStatsOf);
}

/// <param name="Name">As in vda, without /dev.</param>
/// <param name="Major">The device's number.</param>
/// <param name="Minor">The device's number within it.</param>
public sealed record GuestDiskStatsOf(string Name, ulong Major, ulong Minor, GuestDiskStats Stats);

/// <summary>Since the guest's start; older kernels have fewer. Sectors have 512 bytes, ticks are milliseconds.</summary>
/// <param name="IosPgr">Under way right now.</param>
/// <param name="TotalTicks">How long anything was under way.</param>
/// <param name="WeightTicks">The same, times what was under way.</param>
public sealed record GuestDiskStats(
    ulong? ReadSectors = null, ulong? ReadIos = null, ulong? ReadMerges = null,
    ulong? WriteSectors = null, ulong? WriteIos = null, ulong? WriteMerges = null,
    ulong? DiscardSectors = null, ulong? DiscardIos = null, ulong? DiscardMerges = null,
    ulong? FlushIos = null,
    ulong? ReadTicks = null, ulong? WriteTicks = null, ulong? DiscardTicks = null, ulong? FlushTicks = null,
    ulong? IosPgr = null, ulong? TotalTicks = null, ulong? WeightTicks = null);

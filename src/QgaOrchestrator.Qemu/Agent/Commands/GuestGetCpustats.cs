using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>What each processor's time went to since the guest's start; Linux only.</summary>
public static class GuestGetCpustats
{
    public const string Name = "guest-get-cpustats";

    public static AgentCommand Spec { get; } = new(Name, new Version(7, 1), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.IReadOnlyListGuestCpuStats,
        LargestReply = AgentCommand.ListReply,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static IReadOnlyList<GuestCpuStats> Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.IReadOnlyListGuestCpuStats);
}

/// <summary>
/// A union of the schema, in milliseconds; all but the type belong to <see cref="CpuStatsType.Linux"/> and are null for
/// another. Older kernels have fewer.
/// </summary>
/// <param name="Cpu">Its logical number.</param>
/// <param name="User">Programs.</param>
/// <param name="Nice">Programs of low priority.</param>
/// <param name="System">The kernel.</param>
/// <param name="Steal">Taken by the host.</param>
/// <param name="Guest">Guests of its own.</param>
public sealed record GuestCpuStats(
    CpuStatsType Type,
    long? Cpu = null, ulong? User = null, ulong? Nice = null, ulong? System = null, ulong? Idle = null,
    ulong? Iowait = null, ulong? Irq = null, ulong? Softirq = null, ulong? Steal = null,
    ulong? Guest = null, ulong? Guestnice = null);

/// <summary>The schema's GuestCpuStatsType.</summary>
[JsonConverter(typeof(AgentWordConverter<CpuStatsType>))]
public readonly record struct CpuStatsType(string Value) : IAgentWord<CpuStatsType>
{
    public static CpuStatsType Linux { get; } = new("linux");

    static CpuStatsType IAgentWord<CpuStatsType>.Of(string value) => new(value);

    public override string ToString() => Value;
}

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>The guest's processors, in no particular order.</summary>
public static class GuestGetVcpus
{
    public const string Name = "guest-get-vcpus";

    public static AgentCommand Spec { get; } = new(Name, new Version(1, 5), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.IReadOnlyListGuestVcpu,
        LargestReply = AgentCommand.ListReply,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static IReadOnlyList<GuestVcpu> Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.IReadOnlyListGuestVcpu);
}

/// <param name="LogicalId">The guest's own number of it.</param>
/// <param name="CanOffline">Told, and passed over when set.</param>
public sealed record GuestVcpu(long LogicalId, bool Online, bool? CanOffline = null);

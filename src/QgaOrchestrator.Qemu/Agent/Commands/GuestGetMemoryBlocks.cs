namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>The guest's memory in blocks of <see cref="GuestGetMemoryBlockInfo"/>'s size, in no particular order; Linux
/// only.</summary>
public static class GuestGetMemoryBlocks
{
    public const string Name = "guest-get-memory-blocks";

    public static AgentCommand Spec { get; } = new(Name, new Version(2, 3), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.IReadOnlyListGuestMemoryBlock,
        LargestReply = 4 * AgentCommand.ListReply,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static IReadOnlyList<GuestMemoryBlock> Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.IReadOnlyListGuestMemoryBlock);
}

/// <param name="PhysIndex">Its physical address, in blocks.</param>
/// <param name="CanOffline">Told, and passed over when set.</param>
public sealed record GuestMemoryBlock(ulong PhysIndex, bool Online, bool? CanOffline = null);

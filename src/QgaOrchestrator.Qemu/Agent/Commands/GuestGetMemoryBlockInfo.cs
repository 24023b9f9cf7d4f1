namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Linux only.</summary>
public static class GuestGetMemoryBlockInfo
{
    public const string Name = "guest-get-memory-block-info";

    public static AgentCommand Spec { get; } = new(Name, new Version(2, 3), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.GuestMemoryBlockInfo,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static GuestMemoryBlockInfo Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.GuestMemoryBlockInfo);
}

/// <param name="Size">Bytes of one block.</param>
public sealed record GuestMemoryBlockInfo(ulong Size);

using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Takes memory blocks into use or out of it, which moves what they hold; Linux only.</summary>
public static class GuestSetMemoryBlocks
{
    public const string Name = "guest-set-memory-blocks";

    public static AgentCommand Spec { get; } = new(Name, new Version(2, 3), RetryClass.Idempotent, TimeoutClass.Medium)
    {
        Arguments = AgentJson.Default.SetMemoryBlocksArguments,
        Returns = AgentJson.Default.IReadOnlyListGuestMemoryBlockResult,
        LargestReply = 4 * AgentCommand.ListReply,
    };

    /// <param name="blocks">Each is tried; those not named stay as they are.</param>
    public static AgentRequest Request(IReadOnlyList<GuestMemoryBlock> blocks) =>
        AgentJson.Request(Name, new(blocks), AgentJson.Default.SetMemoryBlocksArguments);

    /// <summary>One for each block that was sent.</summary>
    public static IReadOnlyList<GuestMemoryBlockResult> Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.IReadOnlyListGuestMemoryBlockResult);
}

internal sealed record SetMemoryBlocksArguments([property: JsonPropertyName("mem-blks")] IReadOnlyList<GuestMemoryBlock> Blocks);

/// <param name="ErrorCode">The guest's errno, where it was not a success.</param>
public sealed record GuestMemoryBlockResult(ulong PhysIndex, MemoryBlockResponse Response, long? ErrorCode = null);

/// <summary>The schema's GuestMemoryBlockResponseType.</summary>
[JsonConverter(typeof(AgentWordConverter<MemoryBlockResponse>))]
public readonly record struct MemoryBlockResponse(string Value) : IAgentWord<MemoryBlockResponse>
{
    public static MemoryBlockResponse Success { get; } = new("success");
    public static MemoryBlockResponse NotFound { get; } = new("not-found");
    public static MemoryBlockResponse OperationNotSupported { get; } = new("operation-not-supported");
    public static MemoryBlockResponse OperationFailed { get; } = new("operation-failed");

    static MemoryBlockResponse IAgentWord<MemoryBlockResponse>.Of(string value) => new(value);

    public override string ToString() => Value;
}

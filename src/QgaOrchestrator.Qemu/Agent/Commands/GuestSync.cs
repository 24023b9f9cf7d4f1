namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// As <see cref="GuestSyncDelimited"/>, without the 0xFF before its reply: only for agents before QEMU 1.1, which have no
/// other.
/// </summary>
public static class GuestSync
{
    public const string Name = "guest-sync";

    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Safe, TimeoutClass.Quick)
    {
        WhileFrozen = true,
        Arguments = AgentJson.Default.SyncArguments,
        Returns = AgentJson.Default.Int64,
    };

    /// <param name="id">Any int64; the agent refuses floats.</param>
    public static AgentRequest Request(long id) => AgentJson.Request(Name, new(id), AgentJson.Default.SyncArguments);

    /// <summary>The id.</summary>
    public static long Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.Int64);
}

internal sealed record SyncArguments(long Id);

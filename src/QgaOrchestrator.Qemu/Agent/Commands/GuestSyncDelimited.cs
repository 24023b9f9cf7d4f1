namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// Marks a point in the agent's stream: its reply is the same id behind a 0xFF byte. The link sends it by
/// itself, after each connect and behind an overdue freeze; nobody else needs to.
/// </summary>
public static class GuestSyncDelimited
{
    public const string Name = "guest-sync-delimited";

    public static AgentCommand Spec { get; } = new(Name, new Version(1, 1), RetryClass.Safe, TimeoutClass.Quick)
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

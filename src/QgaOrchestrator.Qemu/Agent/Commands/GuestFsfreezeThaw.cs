namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// Thaws all that is frozen and runs the thaw hooks, also where nothing was frozen. An error does not mean that the guest is
/// frozen still: a failed hook, or VSS that let go by itself after 10 s, is told so; only the status tells.
/// </summary>
public static class GuestFsfreezeThaw
{
    public const string Name = "guest-fsfreeze-thaw";

    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Idempotent, TimeoutClass.Medium)
    {
        WhileFrozen = true,
        Returns = AgentJson.Default.Int64,
    };

    public static AgentRequest Request { get; } = new(Name);

    /// <summary>File systems thawed by this call. Fewer than were frozen: somebody else thawed.</summary>
    public static long Read(ReadOnlyMemory<byte> json) => AgentJson.ReadCount(json);
}

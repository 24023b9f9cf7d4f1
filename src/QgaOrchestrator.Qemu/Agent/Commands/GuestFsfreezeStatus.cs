namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// Whether the agent holds file systems frozen: its own flag, not the kernel's state. An agent that was killed while
/// frozen finds its marker file and says frozen again.
/// </summary>
public static class GuestFsfreezeStatus
{
    public const string Name = "guest-fsfreeze-status";

    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Safe, TimeoutClass.Quick)
    {
        WhileFrozen = true,
        Returns = AgentJson.Default.String,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static FreezeStatus Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.String) switch
    {
        "thawed" => FreezeStatus.Thawed,
        "frozen" => FreezeStatus.Frozen,
        _ => FreezeStatus.Unknown,
    };
}

public enum FreezeStatus
{
    /// <summary>A word that no QEMU up to 10.2 uses.</summary>
    Unknown,
    Thawed,
    Frozen,
}

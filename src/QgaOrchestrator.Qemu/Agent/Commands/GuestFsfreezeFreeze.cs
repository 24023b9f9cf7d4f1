namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// Runs the freeze hooks (Linux) or VSS (Windows), then freezes all local file systems, nested ones first. There is no thaw
/// by time on Linux, so it is sent only with an entry in the freeze ledger. Refused while frozen, with CommandNotFound.
/// </summary>
public static class GuestFsfreezeFreeze
{
    public const string Name = "guest-fsfreeze-freeze";

    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Check, TimeoutClass.Freeze)
    {
        Returns = AgentJson.Default.Int64,
    };

    /// <summary>It keeps its link when overdue, so that its late reply can be harvested.</summary>
    public static AgentRequest Request { get; } = new(Name) { KeepLinkWhenOverdue = true };

    /// <summary>File systems frozen. After 0 the status is thawed, but the hooks have run: thaw is due all the same.</summary>
    public static long Read(ReadOnlyMemory<byte> json) => AgentJson.ReadCount(json);
}

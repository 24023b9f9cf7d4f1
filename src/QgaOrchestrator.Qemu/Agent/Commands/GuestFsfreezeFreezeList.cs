namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>As <see cref="GuestFsfreezeFreeze"/>, for some file systems. Windows heeds the list since about QEMU 4.</summary>
public static class GuestFsfreezeFreezeList
{
    public const string Name = "guest-fsfreeze-freeze-list";

    public static AgentCommand Spec { get; } = new(Name, new Version(2, 2), RetryClass.Check, TimeoutClass.Freeze)
    {
        Arguments = AgentJson.Default.FreezeListArguments,
        Returns = AgentJson.Default.Int64,
    };

    /// <param name="mountpoints">
    /// Exactly as in guest-get-fsinfo; unknown ones are passed over without an error, so compare the count. An empty list
    /// freezes nothing, null freezes all.
    /// </param>
    public static AgentRequest Request(IReadOnlyList<string>? mountpoints)
    {
        var request = mountpoints is null
            ? new AgentRequest(Name)
            : AgentJson.Request(Name, new(mountpoints), AgentJson.Default.FreezeListArguments);
        return request with { KeepLinkWhenOverdue = true };
    }

    /// <summary>File systems frozen.</summary>
    public static long Read(ReadOnlyMemory<byte> json) => AgentJson.ReadCount(json);
}

internal sealed record FreezeListArguments(IReadOnlyList<string>? Mountpoints = null);

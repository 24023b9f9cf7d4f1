namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Tells the disks below all mounted file systems which blocks are unused; on Windows it runs defrag.</summary>
public static class GuestFstrim
{
    public const string Name = "guest-fstrim";

    public static AgentCommand Spec { get; } = new(Name, new Version(1, 2), RetryClass.Safe, TimeoutClass.Long)
    {
        Arguments = AgentJson.Default.FstrimArguments,
        Returns = AgentJson.Default.GuestTrim,
        LargestReply = AgentCommand.ListReply,
    };

    /// <param name="minimum">Bytes; shorter free ranges are passed over. Null trims all.</param>
    public static AgentRequest Request(long? minimum = null) => minimum is null
        ? new(Name)
        : AgentJson.Request(Name, new(minimum), AgentJson.Default.FstrimArguments);

    public static GuestTrim Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.GuestTrim);
}

internal sealed record FstrimArguments(long? Minimum = null);

/// <param name="Paths">One a file system. Before QEMU 2.4 nothing was told: null.</param>
public sealed record GuestTrim(IReadOnlyList<GuestTrimmed>? Paths = null);

/// <param name="Path">Where it is mounted.</param>
/// <param name="Trimmed">Bytes; absent with an error, and on Windows.</param>
/// <param name="Minimum">The shortest range that was heeded, in bytes; the kernel may have raised it.</param>
/// <param name="Error">Why this one was not trimmed.</param>
public sealed record GuestTrimmed(string Path, long? Trimmed = null, long? Minimum = null, string? Error = null);

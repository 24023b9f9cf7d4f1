namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// Opens a file in the guest as the agent's own user. Its handle stays open until it is closed or the agent ends, whoever
/// disconnects. Distributions often disable the file commands (RHEL does).
/// </summary>
public static class GuestFileOpen
{
    public const string Name = "guest-file-open";

    /// <summary>A lost reply leaks a handle, and a repeat with "w" truncates what was written meanwhile.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Never, TimeoutClass.Quick)
    {
        Arguments = AgentJson.Default.FileOpenArguments,
        Returns = AgentJson.Default.Int64,
    };

    /// <param name="path">Absolute path in the guest.</param>
    /// <param name="mode">As fopen takes it: r, w, a, with + and b; null is r. A directory opens too, and cannot be read.</param>
    public static AgentRequest Request(string path, string? mode = null) =>
        AgentJson.Request(Name, new(path, mode), AgentJson.Default.FileOpenArguments);

    /// <param name="path">Absolute path in the guest.</param>
    public static AgentRequest ForReading(string path) => Request(path, "r");

    /// <summary>The handle: from 1000 on, and never used twice, also by an agent that was restarted.</summary>
    public static long Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.Int64);

    /// <summary>Whether the agent's error says that there is no such file: the C library's words, in the agent's
    /// locale.</summary>
    public static bool IsNoSuchFile(AgentError error) =>
        !error.IsCommandNotFound && error.Description.EndsWith("No such file or directory", StringComparison.Ordinal);
}

internal sealed record FileOpenArguments(string Path, string? Mode = null);

using System.Text;
using System.Text.Json;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Opens a file in the guest as the agent's own user. Distributions often disable the file commands (RHEL does).</summary>
public static class GuestFileOpen
{
    public const string Name = "guest-file-open";

    /// <summary>A lost reply leaks a handle, and a repeat with "w" truncates what was written meanwhile.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Never, TimeoutClass.Quick);

    /// <param name="path">Absolute path in the guest.</param>
    public static AgentRequest ForReading(string path) =>
        new(Name, Encoding.UTF8.GetBytes($$"""{"path":"{{JsonEncodedText.Encode(path)}}","mode":"r"}"""));

    /// <summary>The handle.</summary>
    public static long Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.Int64);

    /// <summary>Whether the agent's error says that there is no such file: the C library's words, in the agent's locale.</summary>
    public static bool IsNoSuchFile(AgentError error) =>
        !error.IsCommandNotFound && error.Description.EndsWith("No such file or directory", StringComparison.Ordinal);
}

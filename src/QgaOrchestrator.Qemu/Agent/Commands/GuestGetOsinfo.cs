using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

public static class GuestGetOsinfo
{
    public const string Name = "guest-get-osinfo";

    public static AgentCommand Spec { get; } = new(Name, new Version(2, 10), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.GuestOsInfo,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static GuestOsInfo Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.GuestOsInfo);
}

/// <summary>From uname and os-release, or their likes; any member may be absent.</summary>
public sealed record GuestOsInfo(
    string? Id = null, string? Name = null, string? PrettyName = null, string? Version = null, string? VersionId = null,
    string? Variant = null, string? VariantId = null, string? KernelRelease = null, string? KernelVersion = null,
    string? Machine = null)
{
    /// <summary>The agent of Windows always says so; null where it says nothing.</summary>
    [JsonIgnore]
    public bool? IsWindows => Id is null ? null : Id == "mswindows";
}

namespace QgaOrchestrator.Qemu.Agent.Commands;

public static class GuestGetTimezone
{
    public const string Name = "guest-get-timezone";

    public static AgentCommand Spec { get; } = new(Name, new Version(2, 10), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.GuestTimezone,
    };

    public static AgentRequest Request { get; } = new(Name);

    /// <summary>No zone is more than a day from Greenwich.</summary>
    public static GuestTimezone Read(ReadOnlyMemory<byte> json) =>
        AgentJson.Read(json, AgentJson.Default.GuestTimezone) is { Offset: >= -24 * 60 * 60 and <= 24 * 60 * 60 } zone
            ? zone : throw new NotUnderstoodException(json, "$.offset", isData: false, null);
}

/// <param name="Zone">Its name, as in CET; it differs between systems.</param>
/// <param name="Offset">Seconds; negative numbers are west of Greenwich.</param>
public sealed record GuestTimezone(long Offset, string? Zone = null);

namespace QgaOrchestrator.Qemu.Agent.Commands;

public static class GuestGetTimezone
{
    public const string Name = "guest-get-timezone";

    public static AgentCommand Spec { get; } = new(Name, new Version(2, 10), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.GuestTimezone,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static GuestTimezone Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.GuestTimezone);
}

/// <param name="Zone">Its name, as in CET; it differs between systems.</param>
/// <param name="Offset">Seconds; negative numbers are west of Greenwich.</param>
public sealed record GuestTimezone(long Offset, string? Zone = null);

namespace QgaOrchestrator.Qemu.Agent.Commands;

public static class GuestGetHostName
{
    public const string Name = "guest-get-host-name";

    public static AgentCommand Spec { get; } = new(Name, new Version(2, 10), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.GuestHostName,
    };

    public static AgentRequest Request { get; } = new(Name);

    public static GuestHostName Read(ReadOnlyMemory<byte> json) => AgentJson.Read(json, AgentJson.Default.GuestHostName);
}

public sealed record GuestHostName(string HostName);

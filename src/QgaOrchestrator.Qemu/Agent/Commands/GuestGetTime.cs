namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>The guest's clock.</summary>
public static class GuestGetTime
{
    public const string Name = "guest-get-time";

    public static AgentCommand Spec { get; } = new(Name, new Version(1, 5), RetryClass.Safe, TimeoutClass.Quick)
    {
        Returns = AgentJson.Default.Int64,
    };

    public static AgentRequest Request { get; } = new(Name);

    /// <summary>UTC. The wire has nanoseconds since 1970, the agent microseconds, and this 100 ns.</summary>
    public static DateTimeOffset Read(ReadOnlyMemory<byte> json) =>
        DateTimeOffset.UnixEpoch.AddTicks(AgentJson.Read(json, AgentJson.Default.Int64) / TimeSpan.NanosecondsPerTick);
}

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Answers {} and does nothing. It proves that the agent is not busy, no more.</summary>
public static class GuestPing
{
    public const string Name = "guest-ping";

    public static AgentCommand Spec { get; } =
        new(Name, new Version(0, 15), RetryClass.Safe, TimeoutClass.Quick) { WhileFrozen = true };

    public static AgentRequest Request { get; } = new(Name);
}

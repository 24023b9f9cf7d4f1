namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// Writes the guest's memory to its swap and suspends to memory; Linux only. Success is not answered, and shows as with
/// <see cref="GuestSuspendRam"/>.
/// </summary>
public static class GuestSuspendHybrid
{
    public const string Name = "guest-suspend-hybrid";

    public static AgentCommand Spec { get; } = new(Name, new Version(1, 1), RetryClass.Check, TimeoutClass.NoReply);

    public static AgentRequest Request { get; } = new(Name);
}

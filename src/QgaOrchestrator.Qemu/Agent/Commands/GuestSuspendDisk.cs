namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// Writes the guest's memory to its swap and powers off. Success is not answered: QEMU's SUSPEND_DISK event and its end prove
/// it.
/// </summary>
public static class GuestSuspendDisk
{
    public const string Name = "guest-suspend-disk";

    public static AgentCommand Spec { get; } = new(Name, new Version(1, 1), RetryClass.Check, TimeoutClass.NoReply);

    public static AgentRequest Request { get; } = new(Name);
}

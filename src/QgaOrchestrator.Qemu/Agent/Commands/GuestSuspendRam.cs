namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// Suspends to memory. Success is not answered: QEMU's SUSPEND event or query-status "suspended" proves it. Ask for
/// query-current-machine's wakeup-suspend-support first; the monitor's system_wakeup wakes it, and then a sync is due.
/// </summary>
public static class GuestSuspendRam
{
    public const string Name = "guest-suspend-ram";

    public static AgentCommand Spec { get; } = new(Name, new Version(1, 1), RetryClass.Check, TimeoutClass.NoReply);

    public static AgentRequest Request { get; } = new(Name);
}

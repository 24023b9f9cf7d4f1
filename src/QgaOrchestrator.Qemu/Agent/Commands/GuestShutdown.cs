namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>
/// Powers off, halts or reboots. Success is not answered: QEMU's SHUTDOWN event and end prove a powerdown, RESET a reboot; a
/// halted guest shows by nothing but its silence. The agent waits for its helper, so an error may take seconds.
/// </summary>
public static class GuestShutdown
{
    public const string Name = "guest-shutdown";

    /// <summary>A repeated powerdown is harmless, a repeated reboot is a second one.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Check, TimeoutClass.NoReply)
    {
        Arguments = AgentJson.Default.ShutdownArguments,
    };

    public static AgentRequest Request(ShutdownMode mode) => AgentJson.Request(Name, new(mode switch
    {
        ShutdownMode.Powerdown => "powerdown",
        ShutdownMode.Halt => "halt",
        ShutdownMode.Reboot => "reboot",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "no such mode"),
    }), AgentJson.Default.ShutdownArguments);
}

public enum ShutdownMode
{
    Powerdown,
    Halt,
    Reboot,
}

/// <param name="Mode">Without one, powerdown.</param>
internal sealed record ShutdownArguments(string? Mode = null);

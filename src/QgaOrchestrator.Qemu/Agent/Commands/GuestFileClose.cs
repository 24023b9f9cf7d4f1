namespace QgaOrchestrator.Qemu.Agent.Commands;

public static class GuestFileClose
{
    public const string Name = "guest-file-close";

    /// <summary>A repeat that finds no such handle has closed it the first time.</summary>
    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Idempotent, TimeoutClass.Quick)
    {
        Arguments = AgentJson.Default.FileHandleArguments,
    };

    /// <param name="handle">From <see cref="GuestFileOpen"/>.</param>
    public static AgentRequest Request(long handle) =>
        AgentJson.Request(Name, new(handle), AgentJson.Default.FileHandleArguments);
}

internal sealed record FileHandleArguments(long Handle);

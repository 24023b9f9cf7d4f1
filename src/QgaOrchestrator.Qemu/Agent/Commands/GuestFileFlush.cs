namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>Hands what was written to the guest's kernel, which may still hold it in memory.</summary>
public static class GuestFileFlush
{
    public const string Name = "guest-file-flush";

    public static AgentCommand Spec { get; } = new(Name, new Version(0, 15), RetryClass.Safe, TimeoutClass.Medium)
    {
        Arguments = AgentJson.Default.FileHandleArguments,
    };

    /// <param name="handle">From <see cref="GuestFileOpen"/>.</param>
    public static AgentRequest Request(long handle) =>
        AgentJson.Request(Name, new(handle), AgentJson.Default.FileHandleArguments);
}

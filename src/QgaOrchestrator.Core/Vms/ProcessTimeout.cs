namespace QgaOrchestrator.Core.Vms;

/// <summary>How long a process in a guest may take, whoever starts it.</summary>
public static class ProcessTimeout
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1), Longest = TimeSpan.FromDays(7);

    public static readonly TimeSpan Default = TimeSpan.FromMinutes(5);
}

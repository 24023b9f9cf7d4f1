namespace QgaOrchestrator.Core.Hosts;

/// <summary>A moment by the clock of one host's process, so that no two hosts' clocks need to agree.</summary>
/// <param name="Epoch">Of the process: each has its own.</param>
/// <param name="Age">Of the process then, by its monotonic clock.</param>
public sealed record HostMoment(Guid Epoch, TimeSpan Age)
{
    public HostMoment After(TimeSpan time) => this with { Age = Age + time };

    /// <summary>For the process that says now, it is past: its own clock has passed it, or it belongs to an earlier process of
    /// that host.</summary>
    public bool IsPast(HostMoment now) => now.Epoch != Epoch || now.Age > Age;
}

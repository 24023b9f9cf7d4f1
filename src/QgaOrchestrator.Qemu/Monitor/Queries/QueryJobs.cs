using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>query-jobs (QEMU 3.0): the jobs under way, and the concluded ones that nobody dismissed.</summary>
public static class QueryJobs
{
    /// <inheritdoc cref="MonitorQuery.AskAsync"/>
    public static async Task<IReadOnlyList<Job>?> AskAsync(IMonitor monitor, TimeSpan timeout) =>
        await MonitorQuery.AskAsync(monitor, "query-jobs", default, MonitorJson.Default.ListJob, timeout).ConfigureAwait(false);
}

/// <param name="Type">As in "backup" and "create".</param>
/// <param name="Status">created, running, paused, ready, standby, waiting, pending, aborting, concluded; paused flickers.</param>
public sealed record Job(
    string Id, string? Type, string? Status, long CurrentProgress, long TotalProgress, string? Error)
{
    /// <summary>Why it failed; a cancelled one says "Operation canceled".</summary>
    public string? Error { get; } = Error is null ? null : ForeignText.Message(Error);

    public bool WasCancelled => Error == "Operation canceled";

    public bool IsConcluded => Status == "concluded";
}

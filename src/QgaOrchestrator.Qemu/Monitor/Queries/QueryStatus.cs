namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>query-status: whether the VM's processors run, and the run state's name.</summary>
public static class QueryStatus
{
    /// <inheritdoc cref="MonitorQuery.AskAsync"/>
    public static Task<MachineStatus?> AskAsync(IMonitor monitor, TimeSpan timeout) =>
        MonitorQuery.AskAsync(monitor, "query-status", default, MonitorJson.Default.MachineStatus, timeout);
}

/// <param name="Status">As in "running", "paused", "inmigrate", "postmigrate", "io-error".</param>
public sealed record MachineStatus(bool Running, string Status);

namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>query-migrate: whether the VM is being moved. QEMU answers {} where it never was.</summary>
public static class QueryMigrate
{
    /// <summary>The whole VM has been moved: out of a QEMU in postmigrate, into one in any other state.</summary>
    public const string Completed = "completed";

    /// <returns>The state of the last migration, as in "active" or "completed"; null: none, or not known.</returns>
    /// <exception cref="MonitorException">The monitor could not be asked, or did not answer in time.</exception>
    public static async Task<string?> AskAsync(IMonitor monitor, TimeSpan timeout) =>
        (await MonitorQuery.AskAsync(monitor, "query-migrate", default, MonitorJson.Default.MigrateReply, timeout)
            .ConfigureAwait(false))?.Status;

    /// <summary>Whether a state means that the VM is on its way.</summary>
    public static bool IsUnderWay(string? status) => status is not (null or "none" or Completed or "failed" or "cancelled");

    internal sealed record Reply(string? Status);
}

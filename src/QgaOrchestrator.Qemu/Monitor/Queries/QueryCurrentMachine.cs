namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>query-current-machine (QEMU 4.0): what this VM's machine is capable of.</summary>
public static class QueryCurrentMachine
{
    /// <returns>Null where QEMU is older.</returns>
    /// <exception cref="MonitorException">The monitor could not be asked, or did not answer in time.</exception>
    public static Task<CurrentMachine?> AskAsync(IMonitor monitor, TimeSpan timeout) =>
        MonitorQuery.AskAsync(monitor, "query-current-machine", default, MonitorJson.Default.CurrentMachine, timeout);
}

/// <param name="WakeupSuspendSupport">system_wakeup wakes a guest that suspended itself to memory.</param>
public sealed record CurrentMachine(bool? WakeupSuspendSupport = null);

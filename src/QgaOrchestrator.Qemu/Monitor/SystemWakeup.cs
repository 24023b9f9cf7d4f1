namespace QgaOrchestrator.Qemu.Monitor;

/// <summary>system_wakeup: wakes a guest that suspended itself to memory; WAKEUP follows. Of a running one nothing happens, or an
/// error.</summary>
public static class SystemWakeup
{
    public const string Name = "system_wakeup";

    public static Task<MonitorOutcome> ExecuteAsync(IMonitor monitor, TimeSpan timeout) =>
        monitor.ExecuteAsync(Name, default, timeout);
}

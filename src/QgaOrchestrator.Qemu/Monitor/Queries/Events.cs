namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>JOB_STATUS_CHANGE (QEMU 3.0). It can come before the reply of the command that caused it.</summary>
public sealed record JobStatusChange(string? Id, string? Status)
{
    /// <returns>Null for any other event.</returns>
    public static JobStatusChange? Read(MonitorEvent happened) => happened.Name == "JOB_STATUS_CHANGE"
        ? MonitorQuery.Read(happened.Data.Span, MonitorJson.Default.JobStatusChange) : null;
}

/// <summary>VSERPORT_CHANGE: a guest's program opened or closed a port. <paramref name="Id"/> is the port device's.</summary>
public sealed record VserportChange(string? Id, bool Open)
{
    /// <returns>Null for any other event.</returns>
    public static VserportChange? Read(MonitorEvent happened) => happened.Name == "VSERPORT_CHANGE"
        ? MonitorQuery.Read(happened.Data.Span, MonitorJson.Default.VserportChange) : null;
}

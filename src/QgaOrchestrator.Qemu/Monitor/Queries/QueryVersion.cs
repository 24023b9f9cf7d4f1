namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>query-version: QEMU's own version, as in 7.2.22.</summary>
public static class QueryVersion
{
    /// <inheritdoc cref="MonitorQuery.AskAsync"/>
    public static async Task<Version?> AskAsync(IMonitor monitor, TimeSpan timeout)
    {
        var reply = await MonitorQuery.AskAsync(monitor, "query-version", default, MonitorJson.Default.VersionReply, timeout)
            .ConfigureAwait(false);
        return reply?.Qemu is { Major: >= 0, Minor: >= 0, Micro: >= 0 } qemu ? new(qemu.Major, qemu.Minor, qemu.Micro) : null;
    }

    internal sealed record Reply(Triple? Qemu);

    internal sealed record Triple(int Major, int Minor, int Micro);
}

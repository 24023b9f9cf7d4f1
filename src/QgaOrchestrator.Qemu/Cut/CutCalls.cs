using QgaOrchestrator.Qemu.Monitor;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>Commands that change something: QEMU's refusal is an answer, silence is an exception.</summary>
internal static class CutCalls
{
    /// <returns>Null: done. Else QEMU's own words.</returns>
    /// <exception cref="MonitorException">Nobody knows whether it was done.</exception>
    public static async Task<string?> TryAsync(
        this IMonitor monitor, string command, ReadOnlyMemory<byte> arguments, TimeSpan timeout) =>
        await monitor.ExecuteAsync(command, arguments, timeout).ConfigureAwait(false) switch
        {
            MonitorOutcome.Refused refused => refused.Description,
            MonitorOutcome.NotSent notSent => throw new MonitorException(command, notSent.Reason),
            MonitorOutcome.Unknown unknown => throw new MonitorException(command, unknown.Reason),
            _ => null,
        };

    public static Task<string?> TryAsync(this IMonitor monitor, string command, string member, string value, TimeSpan timeout) =>
        monitor.TryAsync(command, MonitorArguments.Write(json => json.WriteString(member, value)), timeout);

    public static Task<string?> DeleteNodeAsync(this IMonitor monitor, string node, TimeSpan timeout) =>
        monitor.TryAsync("blockdev-del", "node-name", node, timeout);

    public static Task<string?> DismissAsync(this IMonitor monitor, string job, TimeSpan timeout) =>
        monitor.TryAsync("job-dismiss", "id", job, timeout);

    public static Task<string?> CancelAsync(this IMonitor monitor, string job, TimeSpan timeout) =>
        monitor.TryAsync("job-cancel", "id", job, timeout);
}

using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>How every query asks: what an older QEMU does not know, or answers in another shape, is "not known".</summary>
internal static class MonitorQuery
{
    /// <returns>Null where QEMU refuses the command or does not know it.</returns>
    /// <exception cref="MonitorException">The monitor could not be asked, or did not answer in time.</exception>
    public static async Task<T?> AskAsync<T>(
        IMonitor monitor, string command, ReadOnlyMemory<byte> arguments, JsonTypeInfo<T> type, TimeSpan timeout)
        where T : class =>
        await monitor.ExecuteAsync(command, arguments, timeout).ConfigureAwait(false) switch
        {
            MonitorOutcome.Returned returned => Read(returned.Json.Span, type),
            MonitorOutcome.NotSent notSent => throw new MonitorException(command, notSent.Reason),
            MonitorOutcome.Unknown unknown => throw new MonitorException(command, unknown.Reason),
            _ => null,
        };

    public static T? Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

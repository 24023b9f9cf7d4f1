using System.Text.Json;

namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>qom-get: one property of one device in QEMU's object model.</summary>
public static class QomGet
{
    private const string Peripherals = "/machine/peripheral/";

    /// <param name="device">A path, or a device's id, as query-block tells it.</param>
    /// <returns>A text; null: no such device or property, no text, or not known.</returns>
    /// <exception cref="MonitorException">The monitor could not be asked, or did not answer in time.</exception>
    public static Task<string?> TextAsync(IMonitor monitor, string device, string property, TimeSpan timeout) =>
        MonitorQuery.AskAsync(monitor, "qom-get", Arguments(device, property), MonitorJson.Default.String, timeout);

    /// <returns>A whole number (an unsigned one beyond the signed range as its 64 bits); null: none, or not known.</returns>
    /// <inheritdoc cref="TextAsync"/>
    public static async Task<long?> NumberAsync(IMonitor monitor, string device, string property, TimeSpan timeout)
    {
        using var value = await MonitorQuery.AskAsync(
            monitor, "qom-get", Arguments(device, property), MonitorJson.Default.JsonDocument, timeout)
            .ConfigureAwait(false);
        return value?.RootElement is not { ValueKind: JsonValueKind.Number } number ? null
            : number.TryGetInt64(out var signed) ? signed
            : number.TryGetUInt64(out var unsigned) ? unchecked((long)unsigned) : null;
    }

    private static ReadOnlyMemory<byte> Arguments(string device, string property) => MonitorArguments.Write(json =>
    {
        json.WriteString("path", device.StartsWith('/') ? device : Peripherals + device);
        json.WriteString("property", property);
    });
}

namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>qom-get: one property of one device in QEMU's object model.</summary>
public static class QomGet
{
    private const string Peripherals = "/machine/peripheral/";

    /// <param name="device">A path, or a device's id, as query-block tells it.</param>
    /// <returns>A text; null: no such device or property, no text, or not known.</returns>
    /// <exception cref="MonitorException">The monitor could not be asked, or did not answer in time.</exception>
    public static async Task<string?> TextAsync(IMonitor monitor, string device, string property, TimeSpan timeout)
    {
        var arguments = MonitorArguments.Write(json =>
        {
            json.WriteString("path", device.StartsWith('/') ? device : Peripherals + device);
            json.WriteString("property", property);
        });
        return await MonitorQuery.AskAsync(monitor, "qom-get", arguments, MonitorJson.Default.String, timeout)
            .ConfigureAwait(false);
    }
}

using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>query-uuid: the VM's UUID, lower case. QEMU says all zeros where it was started without one: that is null.</summary>
public static class QueryUuid
{
    /// <returns>Null: none, or not known.</returns>
    /// <exception cref="MonitorException">The monitor could not be asked, or did not answer in time.</exception>
    public static async Task<string?> AskAsync(IMonitor monitor, TimeSpan timeout)
    {
        var reply = await MonitorQuery.AskAsync(monitor, "query-uuid", default, MonitorJson.Default.UuidReply, timeout)
            .ConfigureAwait(false);
        return Guid.TryParse(reply?.Uuid, out var uuid) && uuid != Guid.Empty ? uuid.ToString("D") : null;
    }

    internal sealed record Reply([property: JsonPropertyName("UUID")] string? Uuid);
}

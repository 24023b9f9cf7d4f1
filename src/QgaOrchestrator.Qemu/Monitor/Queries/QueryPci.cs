using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>query-pci: where each PCI device sits, bridges followed. QEMU tells one domain, 0.</summary>
public static class QueryPci
{
    /// <inheritdoc cref="MonitorQuery.AskAsync"/>
    public static async Task<IReadOnlyList<PciDevice>?> AskAsync(IMonitor monitor, TimeSpan timeout)
    {
        var buses = await MonitorQuery.AskAsync(monitor, "query-pci", default, MonitorJson.Default.ListBus, timeout)
            .ConfigureAwait(false);
        return buses is null ? null : [.. buses.SelectMany(bus => Flatten(bus.Devices))];
    }

    private static IEnumerable<PciDevice> Flatten(List<Slot>? slots)
    {
        foreach (var slot in slots ?? [])
        {
            yield return new(slot.QdevId ?? "", slot.Bus, slot.Number, slot.Function, slot.Bridge?.Numbers?.Secondary);
            foreach (var behind in Flatten(slot.Bridge?.Devices)) yield return behind;
        }
    }

    internal sealed record Bus(List<Slot>? Devices);

    internal sealed record Bridge([property: JsonPropertyName("bus")] BridgeNumbers? Numbers, List<Slot>? Devices);

    internal sealed record BridgeNumbers(int Secondary);

    internal sealed record Slot(
        [property: JsonPropertyName("qdev_id")] string? QdevId,
        int Bus,
        [property: JsonPropertyName("slot")] int Number,
        int Function,
        [property: JsonPropertyName("pci_bridge")] Bridge? Bridge);
}

/// <param name="Qdev">The device's id, empty where it was given none.</param>
/// <param name="Secondary">The bus behind it; null where it is no bridge.</param>
public sealed record PciDevice(string Qdev, int Bus, int Slot, int Function, int? Secondary = null)
{
    public PciAddress Address => new(0, Bus, Slot, Function);
}

using System.Globalization;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Disks;

/// <summary>Asks QEMU's object model where disks are plugged in. What it does not tell is not known.</summary>
internal sealed class DiskPlaces(IMonitor monitor, IReadOnlyList<PciDevice> pci, TimeSpan timeout)
{
    private const string Peripherals = "/machine/peripheral/", Backend = "/virtio-backend";

    /// <summary>Longer than any chain of bridges that boots.</summary>
    private const int MostBuses = 16;

    private readonly Dictionary<string, PciAddress?> _addresses = [];

    /// <summary>The device's type in QEMU, as in scsi-hd.</summary>
    public async Task<string?> TypeAsync(string qdev) =>
        qdev.EndsWith(Backend, StringComparison.Ordinal)
            ? "virtio-blk-device"
            : await TextAsync(qdev, "type").ConfigureAwait(false);

    /// <param name="qdev">The device: a path or an id, as query-block tells it.</param>
    /// <param name="type">As <see cref="TypeAsync"/> tells it.</param>
    public async Task<DiskPlace> OfAsync(string qdev, string? type)
    {
        var serial = await TextAsync(qdev, "serial").ConfigureAwait(false);
        switch (type)
        {
            case "virtio-blk-device":
                var device = qdev.EndsWith(Backend, StringComparison.Ordinal) ? qdev[..^Backend.Length] : qdev;
                return new(DiskSocket.Virtio, await AddressAsync(device).ConfigureAwait(false)) { Serial = serial };
            case "nvme":
                return new(DiskSocket.Nvme, await AddressAsync(qdev).ConfigureAwait(false), Unit: 1) { Serial = serial };
        }

        if (await TextAsync(qdev, "parent_bus").ConfigureAwait(false) is not { } bus)
            return new(DiskSocket.Other, null) { Serial = serial };
        var owner = Owner(bus);
        var kind = await TextAsync(owner, "type").ConfigureAwait(false) ?? "";
        return type switch
        {
            "nvme-ns" => new(
                DiskSocket.Nvme,
                await AddressAsync(owner).ConfigureAwait(false),
                Unit: await NumberAsync(qdev, "nsid").ConfigureAwait(false)
            )
            { Serial = await TextAsync(owner, "serial").ConfigureAwait(false) },
            "ide-hd" or "ide-cd" or "ide-drive" when kind.Contains("ahci", StringComparison.Ordinal) => new(
                DiskSocket.Sata,
                await AddressAsync(owner).ConfigureAwait(false),
                BusNumber(bus)
            )
            { Serial = serial },
            "ide-hd" or "ide-cd" or "ide-drive" => new(
                DiskSocket.Ide,
                await AddressAsync(owner).ConfigureAwait(false),
                BusNumber(bus),
                Unit: await NumberAsync(qdev, "unit").ConfigureAwait(false)
            )
            { Serial = serial },
            { } scsi when scsi.StartsWith("scsi-", StringComparison.Ordinal) => await ScsiAsync(qdev, owner, kind, serial)
                .ConfigureAwait(false),
            _ => new(DiskSocket.Other, null) { Serial = serial },
        };
    }

    private async Task<DiskPlace> ScsiAsync(string qdev, string owner, string kind, string? serial)
    {
        var socket = kind switch
        {
            "virtio-scsi-device" => DiskSocket.VirtioScsi,
            _ when kind.StartsWith("lsi53c", StringComparison.Ordinal) => DiskSocket.LsiScsi,
            _ when kind.StartsWith("usb-", StringComparison.Ordinal) => DiskSocket.Usb,
            _ => DiskSocket.Other,
        };
        var controller = await AddressAsync(owner).ConfigureAwait(false);
        return new(
            socket, controller, await NumberAsync(qdev, "channel").ConfigureAwait(false),
            await NumberAsync(qdev, "scsi-id").ConfigureAwait(false), await NumberAsync(qdev, "lun").ConfigureAwait(false))
        {
            Serial = serial,
            DeviceId = await TextAsync(qdev, "device_id").ConfigureAwait(false)
                ?? (
                    socket == DiskSocket.Usb ? UsbSerial(controller, await TextAsync(owner, "port").ConfigureAwait(false)) : null
                ),
            Wwn = unchecked((ulong)await NumberAsync(qdev, "wwn").ConfigureAwait(false)),
        };
    }

    /// <summary>The serial that QEMU makes up for a USB disk without one, of its controller's address and its port.</summary>
    private static string? UsbSerial(PciAddress? controller, string? port) =>
        controller is null || port is null ? null : $"1-{controller}-{port}";

    /// <summary>The address of this device, or of the PCI device that it hangs from.</summary>
    private async Task<PciAddress?> AddressAsync(string device)
    {
        if (_addresses.TryGetValue(device, out var known)) return known;
        return _addresses[device] = await AskAddressAsync(device, MostBuses).ConfigureAwait(false);
    }

    private async Task<PciAddress?> AskAddressAsync(string device, int left)
    {
        if (left == 0) return null;
        var id = device.StartsWith(Peripherals, StringComparison.Ordinal) ? device[Peripherals.Length..] : device;
        if (!id.Contains('/') && pci.FirstOrDefault(slot => slot.Qdev == id) is { } named) return named.Address;

        if (await TextAsync(device, "parent_bus").ConfigureAwait(false) is not { } bus) return null;
        var owner = Owner(bus);
        if (Place(await TextAsync(device, "legacy-addr").ConfigureAwait(false)) is not var (slotNumber, function))
            return await AskAddressAsync(owner, left - 1).ConfigureAwait(false);

        // The root bus is 0; any other is numbered by the guest, in the bridge that leads to it.
        int? number =
            bus.Split('/')[^1] is "pci.0" or "pcie.0" ? 0
            : (await AskAddressAsync(owner, left - 1).ConfigureAwait(false)) is { } bridge
                ? pci.FirstOrDefault(candidate => candidate.Address == bridge)?.Secondary
            : null;
        return pci.FirstOrDefault(candidate =>
            candidate.Bus == number && candidate.Slot == slotNumber && candidate.Function == function
        )?.Address;
    }

    private static string Owner(string bus) => bus[..Math.Max(0, bus.LastIndexOf('/'))];

    /// <summary>As in ide.1 and ahci0.3.</summary>
    private static long BusNumber(string bus) =>
        long.TryParse(bus[(bus.LastIndexOf('.') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;

    private static (int Slot, int Function)? Place(string? legacy) =>
        legacy?.Split('.') is [var slot, var function] && Hex(slot) is { } slotNumber && Hex(function) is { } functionNumber
            ? (slotNumber, functionNumber)
            : null;

    private static int? Hex(string text) =>
        int.TryParse(text, NumberStyles.AllowHexSpecifier, null, out var number) ? number : null;

    private async Task<string?> TextAsync(string device, string property) =>
        await QomGet.TextAsync(monitor, device, property, timeout).ConfigureAwait(false) is { Length: > 0 } text ? text : null;

    private async Task<long> NumberAsync(string device, string property) =>
        await QomGet.NumberAsync(monitor, device, property, timeout).ConfigureAwait(false) ?? 0;
}

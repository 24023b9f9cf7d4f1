using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>Which disks a cut is about: all that the guest can write to. Their place tells which file system covers them.</summary>
internal static class WritableDisks
{
    /// <summary>Drivers of formats; any other serves a file, a device or a protocol, and what it serves is the disk itself.</summary>
    private static readonly HashSet<string> Formats = ["qcow2", "qcow", "qed", "vmdk", "vdi", "vhdx", "vpc", "parallels", "luks"];

    /// <exception cref="MonitorException">The monitor did not answer in time: it, or a disk's storage, hangs.</exception>
    public static async Task<IReadOnlyList<PlannedDisk>> ListAsync(IMonitor monitor, CutTarget target, TimeSpan timeout)
    {
        var devices = await QueryBlock.AskAsync(monitor, timeout).ConfigureAwait(false) ?? [];
        var pci = await QueryPci.AskAsync(monitor, timeout).ConfigureAwait(false) ?? [];
        var disks = new List<PlannedDisk>();
        foreach (var device in devices.Where(IsWritable).DistinctBy(device => device.Inserted!.NodeName))
        {
            var qdev = device.Qdev ?? "";
            disks.Add(new(
                disks.Count, device.Inserted!.NodeName!, qdev, device.Inserted.Image!.VirtualSize,
                TargetDirectory.Image(target.Directory, disks.Count),
                qdev.Length == 0 ? null : await SerialAsync(monitor, qdev, timeout).ConfigureAwait(false),
                qdev.Length == 0 ? null : await PciAsync(monitor, qdev, pci, timeout).ConfigureAwait(false))
            {
                File = device.Inserted.File,
                Format = Formats.Contains(device.Inserted.Drv ?? "") ? device.Inserted.Drv : "raw",
            });
        }

        return disks;
    }

    private static bool IsWritable(BlockDevice device) =>
        device.Inserted is { Ro: false, Image.VirtualSize: > 0, NodeName.Length: > 0 };

    private static async Task<string?> SerialAsync(IMonitor monitor, string qdev, TimeSpan timeout) =>
        await QomGet.TextAsync(monitor, qdev, "serial", timeout).ConfigureAwait(false) is { Length: > 0 } serial ? serial : null;

    /// <summary>Only for a disk that is a PCI device itself: those behind one controller would all be found at its address.</summary>
    private static async Task<PciAddress?> PciAsync(
        IMonitor monitor, string qdev, IReadOnlyList<PciDevice> pci, TimeSpan timeout)
    {
        const string peripherals = "/machine/peripheral/", backend = "/virtio-backend";
        var device = qdev.EndsWith(backend, StringComparison.Ordinal) ? qdev[..^backend.Length] : qdev;
        var id = device.StartsWith(peripherals, StringComparison.Ordinal) ? device[peripherals.Length..] : device;
        if (!id.Contains('/'))
            return pci.FirstOrDefault(slot => slot.Qdev == id) is { } named
                ? new(0, named.Bus, named.Slot, named.Function) : null;
        // Without an id only the place on the first bus can be told: other buses are numbered by the guest's firmware.
        var bus = await QomGet.TextAsync(monitor, device, "parent_bus", timeout).ConfigureAwait(false);
        if (bus?.Split('/')[^1] is not ("pci.0" or "pcie.0")) return null;
        var place = (await QomGet.TextAsync(monitor, device, "legacy-addr", timeout).ConfigureAwait(false))?.Split('.');
        return place is [var slotText, var functionText]
            && Hex(slotText) is { } slotNumber && Hex(functionText) is { } function
            && pci.Any(slot => slot.Bus == 0 && slot.Slot == slotNumber && slot.Function == function)
            ? new(0, 0, slotNumber, function) : null;
    }

    private static int? Hex(string text) =>
        int.TryParse(text, System.Globalization.NumberStyles.AllowHexSpecifier, null, out var number) ? number : null;
}

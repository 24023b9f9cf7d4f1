using System.Xml.Linq;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>A disk of a domain that a cut may be about.</summary>
/// <param name="Target">libvirt's name of it, as in vda.</param>
internal sealed record DomainDisk(string Target, string Alias, OutsideReason? Outside, DiskPlace Place)
{
    public string? File { get; init; }

    public string? Format { get; init; }

    public bool IgnoresFlushes { get; init; }

    /// <summary>By which its owner may leave it out.</summary>
    public IEnumerable<string> Names => new[] { Target, Alias, Place.Serial }.OfType<string>().Where(name => name.Length > 0);
}

/// <summary>The disks of a domain, and where its guest finds them.</summary>
internal static class DomainDisks
{
    public static IReadOnlyList<DomainDisk> Of(DomainXml xml)
    {
        var buses = new PciBuses(xml.Devices);
        return [.. xml.Devices.Where(device => device.Name == "disk").Select(disk => Disk(disk, xml, buses))];
    }

    /// <summary>Every PCI device of the domain, as its guest sees it.</summary>
    public static IReadOnlyList<PciDevice> Pci(DomainXml xml)
    {
        var buses = new PciBuses(xml.Devices);
        return
        [
            .. from device in xml.Devices
               let at = buses.Of(DomainXml.Pci(device))
               where at is not null
               select new PciDevice(Alias(device), at.Bus, at.Slot, at.Function),
        ];
    }

    /// <summary>What is kept beside QEMU, and in no backup of libvirt's.</summary>
    public static IEnumerable<OutsideDisk> Tpms(DomainXml xml) => xml.Devices
        .Where(device => device.Name == "tpm")
        .Select(tpm => new OutsideDisk(Alias(tpm) is { Length: > 0 } alias ? alias : "tpm0", OutsideReason.Tpm));

    private static DomainDisk Disk(XElement disk, DomainXml xml, PciBuses buses)
    {
        var source = disk.Element("source");
        var driver = disk.Element("driver");
        return new(DomainXml.Text(disk.Element("target"), "dev") ?? "", Alias(disk), OutsideOf(disk), Place(disk, xml, buses))
        {
            File = DomainXml.Text(source, "file") ?? DomainXml.Text(source, "dev") ?? DomainXml.Text(source, "name"),
            Format = DomainXml.Text(driver, "type"),
            IgnoresFlushes = DomainXml.Text(driver, "cache") == "unsafe",
        };
    }

    private static OutsideReason? OutsideOf(XElement disk) => DomainXml.Text(disk, "device") switch
    {
        "lun" => OutsideReason.PassedThrough,
        "cdrom" or "floppy" when disk.Element("source") is null => OutsideReason.Empty,
        _ when DomainXml.Text(disk, "type") == "vhostuser" => OutsideReason.PassedThrough,
        _ when disk.Element("readonly") is not null => OutsideReason.ReadOnly,
        _ => null,
    };

    private static DiskPlace Place(XElement disk, DomainXml xml, PciBuses buses)
    {
        var at = disk.Element("address");
        var (unit, target) = (DomainXml.Number(at, "unit"), DomainXml.Number(at, "target"));
        var bus = DomainXml.Text(disk.Element("target"), "bus");
        var (type, model) = bus switch
        {
            "scsi" => ("scsi", Model(xml, "scsi", at)),
            "ide" or "sata" => (bus, null),
            _ => (null, null),
        };
        var controller = buses.Of(type is null ? DomainXml.Pci(disk) : Controller(xml, type, at) is { } owner
            ? DomainXml.Pci(owner)
            : null);
        var place = bus switch
        {
            "virtio" => new DiskPlace(DiskSocket.Virtio, controller),
            "scsi" when model is "virtio-scsi" or "virtio-transitional" or "virtio-non-transitional" =>
                new DiskPlace(DiskSocket.VirtioScsi, controller, DomainXml.Number(at, "bus"), target, unit),
            "scsi" when model is "lsilogic" => new DiskPlace(DiskSocket.LsiScsi, controller, 0, target, unit),
            "sata" => new DiskPlace(DiskSocket.Sata, controller, unit),
            "ide" => new DiskPlace(DiskSocket.Ide, controller, DomainXml.Number(at, "bus"), Unit: unit),
            "usb" => new DiskPlace(DiskSocket.Usb, null),
            _ => new DiskPlace(DiskSocket.Other, null),
        };
        var serial = disk.Element("serial")?.Value;
        return place with
        {
            Serial = serial,
            // As libvirt names the device to QEMU where it has no serial.
            DeviceId = bus == "scsi" && serial is null ? $"drive-{Alias(disk)}" : null,
            Wwn = disk.Element("wwn") is { Value: var wwn } && ulong.TryParse(
                wwn, System.Globalization.NumberStyles.AllowHexSpecifier, null, out var number) ? number : 0,
        };
    }

    private static string? Model(DomainXml xml, string type, XElement? at) =>
        Controller(xml, type, at) is { } controller ? DomainXml.Text(controller, "model") : null;

    private static XElement? Controller(DomainXml xml, string type, XElement? at) => xml.Devices.FirstOrDefault(device =>
        device.Name == "controller" && DomainXml.Text(device, "type") == type
        && DomainXml.Number(device, "index") == DomainXml.Number(at, "controller"));

    private static string Alias(XElement device) => DomainXml.Text(device.Element("alias"), "name") ?? "";
}

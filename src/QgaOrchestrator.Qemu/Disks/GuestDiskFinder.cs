using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Disks;

/// <summary>Which disk a guest means by an entry of <c>disk</c> in guest-get-fsinfo.</summary>
public abstract record FoundDisk
{
    private FoundDisk() { }

    /// <summary>One of these, by name; mostly there is one.</summary>
    public sealed record OneOf(IReadOnlyList<string> Names) : FoundDisk;

    /// <summary>A PCI device that none of QEMU's disks hangs from: a vhost-user disk, or one that was passed through.</summary>
    /// <param name="Name">The device's id, else its address.</param>
    /// <param name="Excluded">Its owner leaves it out.</param>
    public sealed record Elsewhere(string Name, bool Excluded) : FoundDisk;

    /// <summary>Guest and QEMU tell nothing of it that can be compared.</summary>
    public sealed record Unknown : FoundDisk;
}

/// <summary>
/// Finds a guest's disks among QEMU's: by the PCI address of the disk or its controller with bus, target and unit as the
/// agent tells them for each kind of controller, and by the serial as guests make it up. Both where both are told.
/// </summary>
public sealed class GuestDiskFinder
{
    private readonly VmDisks _machine;
    private readonly bool _windows;
    private readonly List<(string Name, DiskPlace Place)> _disks;

    /// <summary>Disks of the guest that are known for sure, by their device in the guest.</summary>
    private readonly Dictionary<string, string> _taken = [];

    /// <param name="machine">What QEMU has.</param>
    /// <param name="fileSystems">All that the guest tells.</param>
    public GuestDiskFinder(VmDisks machine, IReadOnlyList<GuestFilesystem> fileSystems)
    {
        _machine = machine;
        _windows = fileSystems.Any(f => f.Name.StartsWith(@"\\?\", StringComparison.Ordinal));
        _disks =
        [
            .. machine.Cut.Where(disk => disk.Place is not null).Select(disk => (disk.Name, disk.Place!)),
            .. machine.Outside.Where(disk => disk.Place is not null).Select(disk => (disk.Name, disk.Place!)),
        ];
        var entries = fileSystems.SelectMany(f => f.Disk).Where(entry => Device(entry) is not null).ToList();
        // What is known for sure leaves less for the others; each round needs one more that is.
        for (var known = -1; known < _taken.Count;)
        {
            known = _taken.Count;
            foreach (var entry in entries)
            {
                if (Find(entry) is FoundDisk.OneOf { Names: [var sure] }) _taken[Device(entry)!] = sure;
            }
        }
    }

    /// <summary>The whole disk's device in the guest, as in /dev/sda for /dev/sda2; null where the agent does not tell
    /// it.</summary>
    public static string? Device(GuestDiskAddress entry)
    {
        if (entry.Dev is not { Length: > 0 } device) return null;
        var end = device.TrimEnd("0123456789".ToCharArray());
        if (end.Length == device.Length) return device;
        // Where a disk's own name ends in a digit a p stands before the partition's number.
        if (end is [.., var last, 'p'] && char.IsAsciiDigit(last)) return end[..^1];
        return end.StartsWith("/dev/sd", StringComparison.Ordinal) || end.StartsWith("/dev/vd", StringComparison.Ordinal) || end
            .StartsWith("/dev/hd", StringComparison.Ordinal)
            || end.StartsWith("/dev/xvd", StringComparison.Ordinal) ? end : device;
    }

    public FoundDisk Find(GuestDiskAddress entry)
    {
        var (byAddress, bySerial) = (ByAddress(entry), BySerial(entry));
        var found = (byAddress, bySerial) switch
        {
            (null, { Count: 0 }) => null,
            (null, _) => bySerial,
            ({ Count: 0 }, { Count: > 0 }) => null,
            (_, { Count: 0 }) => byAddress,
            // They contradict each other: it may be any of them.
            _ => byAddress.Intersect(bySerial).ToList() is { Count: > 0 } both ? both : [.. byAddress.Union(bySerial)],
        };
        if (found is null) return new FoundDisk.Unknown();
        if (found.Count == 0) return Elsewhere(entry.PciController);
        if (found.Count > 1 && Device(entry) is { } device)
        {
            if (_taken.TryGetValue(device, out var own) && found.Contains(own)) return new FoundDisk.OneOf([own]);
            var free = found.Except(_taken.Where(other => other.Key != device).Select(other => other.Value)).ToList();
            if (free.Count > 0) found = free;
        }

        return new FoundDisk.OneOf(found);
    }

    /// <summary>Null: not comparable. Empty: no disk of QEMU's is there, for sure.</summary>
    private List<string>? ByAddress(GuestDiskAddress entry)
    {
        if (entry.PciController is not { Domain: >= 0, Bus: >= 0, Slot: >= 0, Function: >= 0 } at) return null;
        var address = new PciAddress((int)at.Domain, (int)at.Bus, (int)at.Slot, (int)at.Function);
        // Windows tells a slot by the firmware's number, which is another one behind some bridges.
        if (!_machine.Pci.Any(device => device.Address == address)) return null;
        var there = _disks.Where(disk => disk.Place.Controller == address).ToList();
        if (there.Count > 0)
            return there.Where(disk => IsAt(entry, disk.Place)).Select(disk => disk.Name).ToList() is { Count: > 0 } found
                ? found
                : null;
        return _disks.Any(disk => disk.Place is { Controller: null, Socket: not DiskSocket.Other }) ? null : [];
    }

    private bool IsAt(GuestDiskAddress entry, DiskPlace place) => place.Socket switch
    {
        DiskSocket.VirtioScsi when _windows => (entry.Bus, entry.Target, entry.Unit) == (place.Channel, place.Target, place.Unit),
        DiskSocket.VirtioScsi => entry.Unit == place.Unit,
        DiskSocket.LsiScsi when _windows => (entry.Target, entry.Unit) == (place.Target, place.Unit),
        DiskSocket.LsiScsi => entry.Unit == place.Target,
        // The Windows agent asks for a SCSI address where the bus is SCSI, IDE, RAID or SAS only, and an IDE channel has no PCI
        // address.
        DiskSocket.Ide when !_windows => (entry.Bus, entry.Unit) == (place.Channel, place.Unit),
        DiskSocket.Sata when !_windows => entry.Unit == place.Channel,
        _ => true,
    };

    private List<string> BySerial(GuestDiskAddress entry) =>
        entry.Serial is { Length: > 0 } serial
            ? [.. _disks.Where(disk => GuestSerial.IsOf(serial, disk.Place)).Select(disk => disk.Name)]
            : [];

    private FoundDisk.Elsewhere Elsewhere(GuestPciAddress at)
    {
        var device = _machine.Pci.First(
            device => device.Address == new PciAddress((int)at.Domain, (int)at.Bus, (int)at.Slot, (int)at.Function));
        string[] names = device.Qdev.Length > 0 ? [device.Qdev, device.Address.ToString()] : [device.Address.ToString()];
        return new(names[0], names.Any(_machine.ExcludedDevices.Contains));
    }
}

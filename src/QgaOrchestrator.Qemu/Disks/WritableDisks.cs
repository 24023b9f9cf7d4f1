using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Disks;

/// <summary>Which disks a cut is about: all that the guest can write to. Their place tells which file systems are on
/// them.</summary>
internal static class WritableDisks
{
    /// <exception cref="MonitorException">The monitor did not answer in time: it, or a disk's storage, hangs.</exception>
    public static async Task<VmDisks> ListAsync(
        IMonitor monitor, IReadOnlyList<string> exclude, Func<int, string> image, TimeSpan timeout)
    {
        var devices = await QueryBlock.AskAsync(monitor, timeout).ConfigureAwait(false) ?? [];
        var pci = await QueryPci.AskAsync(monitor, timeout).ConfigureAwait(false) ?? [];
        var places = new DiskPlaces(monitor, pci, timeout);
        var (disks, outside) = (new List<PlannedDisk>(), new List<OutsideDisk>());
        var (excluded, taken) = (new HashSet<string>(), new HashSet<string>());
        foreach (var device in devices.DistinctBy(device => (object?)device.Inserted?.NodeName ?? device))
        {
            var qdev = device.Qdev ?? "";
            var type = qdev.Length == 0 ? null : await places.TypeAsync(qdev).ConfigureAwait(false);
            var firmware = type?.StartsWith("cfi.pflash", StringComparison.Ordinal) == true;
            var name = Candidates(device).FirstOrDefault(taken.Add) ?? $"disk {disks.Count + outside.Count}";
            if (device.Inserted is not { Image.VirtualSize: > 0, NodeName.Length: > 0 } medium)
            {
                outside.Add(new(name, OutsideReason.Empty));
                continue;
            }

            var place = qdev.Length == 0 || firmware ? null : await places.OfAsync(qdev, type).ConfigureAwait(false);
            var names = Names(device, place).Where(exclude.Contains).ToList();
            excluded.UnionWith(names);
            if (names.Count > 0) outside.Add(new(name, OutsideReason.Excluded, place));
            else if (medium.Ro && !firmware) outside.Add(new(name, OutsideReason.ReadOnly, place));
            else if (type is "scsi-block" or "scsi-generic") outside.Add(new(name, OutsideReason.PassedThrough, place));
            else if (!medium.Ro) disks.Add(Plan(disks.Count, name, device, place, firmware, image));
        }

        outside.AddRange(
            (await QueryTpm.IdsAsync(monitor, timeout).ConfigureAwait(false)).Select(id => new OutsideDisk(id, OutsideReason.Tpm))
        );
        var without = exclude.Except(excluded).ToList();
        // A controller of disks is no disk: to name it leaves none of them out.
        var controllers =
            disks.Select(disk => disk.Place?.Controller).Concat(outside.Select(disk => disk.Place?.Controller)).ToHashSet();
        var others = pci.Where(slot => !controllers.Contains(slot.Address))
            .SelectMany(slot => new[] { slot.Qdev, slot.Address.ToString() })
            .ToHashSet();
        return new(disks, outside, pci, [.. without.Where(name => !others.Contains(name))])
        {
            ExcludedDevices = [.. without.Where(others.Contains)],
        };
    }

    private static PlannedDisk Plan(
        int index, string name, BlockDevice device, DiskPlace? place, bool firmware, Func<int, string> target)
    {
        var medium = device.Inserted!;
        var image = ImageName.Of(medium.Drv, medium.File);
        return new(
            index,
            medium.NodeName!,
            device.Qdev ?? "",
            medium.Image!.VirtualSize,
            target(index),
            place?.Serial
        )
        {
            Name = name,
            Place = place,
            Firmware = firmware,
            File = image.File,
            Format = image.Format,
            IgnoresFlushes = medium.Cache is { NoFlush: true },
        };
    }

    /// <summary>From the best name to the last one: QEMU makes up a node's name that begins with #.</summary>
    private static IEnumerable<string> Candidates(BlockDevice device)
    {
        var node = device.Inserted?.NodeName;
        string?[] names =
            [node?.StartsWith('#') == true ? null : node, DeviceId.Of(device.Qdev), device.Device, node, device.Qdev];
        return names.OfType<string>().Where(name => name.Length > 0);
    }

    private static IEnumerable<string> Names(BlockDevice device, DiskPlace? place)
    {
        string?[] names = [DeviceId.Of(device.Qdev), device.Qdev, device.Device, device.Inserted?.NodeName, place?.Serial];
        return names.OfType<string>().Where(name => name.Length > 0);
    }
}

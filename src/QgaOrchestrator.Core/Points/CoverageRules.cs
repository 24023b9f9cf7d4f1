namespace QgaOrchestrator.Core.Points;

/// <summary>
/// Whether a cut holds every writer still, asked from both sides: a disk is covered when a file system that freezes is on it,
/// and none that is writable and does not freeze; and a file system that freezes has to lie on disks that the cut holds, or
/// that cannot be written, or that their owner excludes. What nobody can tell is unknown, and never better.
/// </summary>
public static class CoverageRules
{
    /// <summary>Those that spread over several disks, of which the agent names one.</summary>
    private static readonly HashSet<string> Spreading = new(StringComparer.OrdinalIgnoreCase) { "btrfs", "bcachefs" };

    /// <param name="disks">Each of the VM's disks.</param>
    /// <param name="mounts">Each of the guest's file systems; null: the guest did not tell them.</param>
    public static Coverage Judge(IReadOnlyList<DiskFacts> disks, IReadOnlyList<MountFacts>? mounts)
    {
        var roles = disks.ToDictionary(disk => disk.Name, disk => disk.Role);
        var seen = (mounts ?? []).Where(mount => !mount.InMemory && !mount.OnFile).ToList();
        var groups = new DeviceGroups(seen);
        var covers = disks.Where(disk => disk.Role is DiskRole.Cut or DiskRole.Firmware).Select(disk =>
            disk.Role == DiskRole.Firmware ? new CoveredDisk(disk.Name, DiskCover.Firmware, null)
            : mounts is null ? new(disk.Name, DiskCover.Unknown, "the guest does not tell its file systems")
            : Cover(disk.Name, seen, groups)).ToList();
        return new(covers,
        [
            .. disks.Where(disk => disk.Role == DiskRole.PassedThrough)
                .Select(disk => $"{disk.Name} is passed through to the guest"),
            .. seen.Where(mount => mount.Freezes && mount.Writable != false).Select(mount => Outside(mount, roles))
                .OfType<string>(),
        ]);
    }

    private static CoveredDisk Cover(string disk, IReadOnlyList<MountFacts> mounts, DeviceGroups groups)
    {
        var writers = mounts.Where(mount => mount.IsWriter).ToList();
        if (writers.FirstOrDefault(mount => mount.IsOn(disk)) is { } writer)
            return writer.Writable == true
                ? new(disk, DiskCover.Uncovered, $"{writer} is mounted there, is writable, and does not freeze")
                : new(
                    disk,
                    DiskCover.Unknown,
                    $"{writer} is mounted there and does not freeze, and it is not known whether it is writable"
                );
        if (writers.FirstOrDefault(mount => mount.MayBeOn(disk)) is { } stray)
            return new(disk, DiskCover.Unknown, $"{stray} does not freeze, and it is not known which disk it is on");
        if (mounts.Any(mount => mount.Freezes && mount.IsOn(disk)) || groups.FreezeOn(disk))
            return new(disk, DiskCover.Covered, null);
        return mounts.All(mount => mount.IsPlaced && !mount.MayBeOn(disk) && !Spreading.Contains(mount.Type))
            ? new(disk, DiskCover.Uncovered, "no file system that freezes is on it")
            : new(disk, DiskCover.Unknown, "guest and QEMU tell nothing of it that can be compared");
    }

    /// <summary>Null: it lies where the cut holds it.</summary>
    private static string? Outside(MountFacts mount, Dictionary<string, DiskRole> roles)
    {
        if (mount.Places is not { Count: > 0 } places) return $"it is not known which disk {mount} is on";
        foreach (var place in places)
        {
            switch (place)
            {
                case DevicePlace.Elsewhere { Excluded: false } elsewhere:
                    return $"{mount} is on {elsewhere.Name}, which QEMU cannot cut";
                case DevicePlace.Unknown:
                    return $"it is not known which disk {mount} is on";
                case DevicePlace.OneOf one
                    when one.Disks.FirstOrDefault(disk =>
                        roles.GetValueOrDefault(disk, DiskRole.PassedThrough) == DiskRole.PassedThrough) is { } disk:
                    return $"{mount} {(one.Disks.Count == 1 ? "is" : "may be")} on {disk}, which is passed through to the guest";
            }
        }

        return null;
    }

    /// <summary>
    /// Disks that the guest's devices cannot be told apart on, as namespaces of one controller without a serial: where there
    /// are as many devices as disks, and each freezes, then each disk does.
    /// </summary>
    private sealed class DeviceGroups(IReadOnlyList<MountFacts> mounts)
    {
        private readonly List<(DevicePlace.OneOf Place, MountFacts Mount)> _ambiguous =
        [
            .. from mount in mounts
            from place in mount.Places ?? []
            where place is DevicePlace.OneOf { Disks.Count: > 1 }
            select ((DevicePlace.OneOf)place, mount),
        ];

        /// <summary>A file system without a place may be on one device more, and then nobody can count.</summary>
        public bool FreezeOn(string disk) => mounts.All(mount => mount.IsPlaced) && _ambiguous
            .Where(entry => entry.Place.Disks.Contains(disk))
            .GroupBy(entry => string.Join('\n', entry.Place.Disks.Order(StringComparer.Ordinal)))
            .Any(group =>
            {
                var devices = group.GroupBy(entry => entry.Place.Device).ToList();
                return devices.Count == group.First().Place.Disks.Count && devices.All(
                    device => device.Key is not null && device.Any(entry => entry.Mount.Freezes));
            });
    }
}

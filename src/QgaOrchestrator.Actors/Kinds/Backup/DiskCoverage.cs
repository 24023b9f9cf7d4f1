using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>Puts together what QEMU tells of a plan's disks and what the guest told of its file systems before the
/// freeze.</summary>
internal static class DiskCoverage
{
    /// <param name="fileSystems">Null: the guest did not tell, and nothing is known.</param>
    /// <param name="mounts">The guest's own table of mounts, null where it was not read.</param>
    public static Coverage Of(CutPlan plan, IReadOnlyList<GuestFilesystem>? fileSystems, MountTable? mounts)
    {
        var machine = plan.Machine ?? new VmDisks(plan.Disks, [], [], []);
        DiskFacts[] disks =
        [
            .. plan.Disks.Select(disk => new DiskFacts(disk.Name, disk.Firmware ? DiskRole.Firmware : DiskRole.Cut)),
            .. machine.Outside.Where(disk => disk.Place is not null).Select(disk => new DiskFacts(disk.Name, Role(disk.Reason))),
        ];
        if (fileSystems is null) return CoverageRules.Judge(disks, null);
        var finder = new GuestDiskFinder(machine, fileSystems);
        return CoverageRules.Judge(disks,
        [
            .. fileSystems.Select(f => new MountFacts(
                f.Name,
                ForeignText.Name(f.Mountpoint),
                ForeignText.Name(f.Type),
                mounts?.Writable(f.Mountpoint),
                [.. f.Disk.Select(Place)]
            )),
        ]
        );

        DevicePlace Place(GuestDiskAddress entry) => finder.Find(entry) switch
        {
            FoundDisk.OneOf one => new DevicePlace.OneOf(one.Names, GuestDiskFinder.Device(entry)),
            FoundDisk.Elsewhere elsewhere => new DevicePlace.Elsewhere(elsewhere.Name, elsewhere.Excluded),
            _ => new DevicePlace.Unknown(),
        };
    }

    /// <summary>What is not in the point.</summary>
    public static IReadOnlyList<PointOutside> Outside(CutPlan plan) => plan.Machine is not { } machine ? [] :
    [
        .. machine.Outside.Select(disk => new PointOutside(disk.Name, Word(disk.Reason))),
        .. machine.ExcludedDevices.Select(name => new PointOutside(name, Word(OutsideReason.Excluded))),
    ];

    private static DiskRole Role(OutsideReason reason) => reason switch
    {
        OutsideReason.Excluded => DiskRole.Excluded,
        OutsideReason.PassedThrough => DiskRole.PassedThrough,
        OutsideReason.ReadOnly or OutsideReason.Empty or OutsideReason.Tpm => DiskRole.NotWritten,
        _ => throw new InvalidOperationException($"no role for a disk outside because of {reason}"),
    };

    private static string Word(OutsideReason reason) => reason switch
    {
        OutsideReason.Excluded => "excluded",
        OutsideReason.PassedThrough => "passed-through",
        OutsideReason.ReadOnly => "read-only",
        OutsideReason.Empty => "empty",
        OutsideReason.Tpm => "tpm",
        _ => throw new InvalidOperationException($"no word for {reason}"),
    };
}

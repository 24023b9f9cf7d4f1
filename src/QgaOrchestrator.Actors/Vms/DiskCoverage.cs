using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Cut;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// Which disks of a plan hold file systems that freeze: a disk is covered when a file system's <c>disk</c> entry
/// (guest-get-fsinfo, asked before the freeze) names it, by serial or by PCI address.
/// </summary>
internal static class DiskCoverage
{
    /// <param name="plan">The disks.</param>
    /// <param name="fileSystems">Null: the guest did not tell, and nothing is known.</param>
    public static IReadOnlyList<DiskCover> Of(CutPlan plan, IReadOnlyList<GuestFilesystem>? fileSystems) =>
        [.. plan.Disks.Select(disk => Of(disk, fileSystems))];

    private static DiskCover Of(PlannedDisk disk, IReadOnlyList<GuestFilesystem>? fileSystems)
    {
        if (fileSystems is null || (disk.Serial is null && disk.Pci is null)) return DiskCover.Unknown;
        var named = fileSystems.SelectMany(f => f.Disk).ToList();
        if (named.Any(address => Names(address, disk))) return DiskCover.Covered;
        return named.Any(address => address.Serial is null && !IsKnown(address.PciController)) ? DiskCover.Unknown : DiskCover.Uncovered;
    }

    private static bool Names(GuestDiskAddress address, PlannedDisk disk) =>
        (disk.Serial is { Length: > 0 } serial && address.Serial == serial)
        || (disk.Pci is { } pci && address.PciController is { } at && IsKnown(at)
            && (at.Domain, at.Bus, at.Slot, at.Function) == (pci.Domain, pci.Bus, pci.Slot, pci.Function));

    /// <summary>The agent says -1 where it cannot tell.</summary>
    private static bool IsKnown(GuestPciAddress? address) => address is { Domain: >= 0, Bus: >= 0, Slot: >= 0 };
}

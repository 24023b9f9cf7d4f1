using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs.Preflight;
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
        [.. plan.Disks.Select(disk => Of(plan.Disks.Count(other => other.Serial == disk.Serial) == 1 ? disk : disk with { Serial = null }, fileSystems))];

    private static DiskCover Of(PlannedDisk disk, IReadOnlyList<GuestFilesystem>? fileSystems)
    {
        if (fileSystems is null) return DiskCover.Unknown;
        var addresses = fileSystems.Where(f => UnfrozenMount.Freezes(f.Type)).SelectMany(f => f.Disk).ToList();
        if (addresses.Any(address => Names(address, disk) == true)) return DiskCover.Covered;
        return addresses.All(address => Names(address, disk) == false) ? DiskCover.Uncovered : DiskCover.Unknown;
    }

    /// <summary>Whether the address is this disk's; null: guest and QEMU tell nothing of it that can be compared.</summary>
    private static bool? Names(GuestDiskAddress address, PlannedDisk disk)
    {
        if (disk.Pci is { } pci && address.PciController is { } at && IsKnown(at))
            return (at.Domain, at.Bus, at.Slot, at.Function) == (pci.Domain, pci.Bus, pci.Slot, pci.Function);
        return disk.Serial is { Length: > 0 } && address.Serial is { Length: > 0 } ? disk.Serial == address.Serial : null;
    }

    /// <summary>The agent says -1 where it cannot tell.</summary>
    private static bool IsKnown(GuestPciAddress? address) => address is { Domain: >= 0, Bus: >= 0, Slot: >= 0 };
}

using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Disks;

/// <summary>
/// All disks of a VM as QEMU has them: those that a cut is about, and those that it is not. A disk's names are its device's
/// id and path, its node's name, its drive's id, and its serial.
/// </summary>
/// <param name="Cut">What is copied: whatever the guest can write to, and its owner does not leave out.</param>
/// <param name="Outside">What is not copied.</param>
/// <param name="Pci">Every PCI device of the VM.</param>
/// <param name="UnknownExclusions">Names to leave out that none of the above has.</param>
public sealed record VmDisks(
    IReadOnlyList<PlannedDisk> Cut,
    IReadOnlyList<OutsideDisk> Outside,
    IReadOnlyList<PciDevice> Pci,
    IReadOnlyList<string> UnknownExclusions
)
{
    /// <summary>Names of devices without a block node in QEMU (a vhost-user disk, a passed-through one) that their owner leaves
    /// out.</summary>
    public IReadOnlyList<string> ExcludedDevices { get; init; } = [];
}

/// <summary>Why a disk is in no cut.</summary>
public enum OutsideReason
{
    /// <summary>Its owner leaves it out.</summary>
    Excluded,

    /// <summary>The guest speaks to the host's device itself (scsi-block, scsi-generic): QEMU does not see what it
    /// writes.</summary>
    PassedThrough,

    /// <summary>The guest cannot write to it.</summary>
    ReadOnly,

    /// <summary>No medium is in it.</summary>
    Empty,

    /// <summary>A TPM, whose state another program keeps.</summary>
    Tpm,
}

/// <param name="Place">Null where no file system can be on it.</param>
public sealed record OutsideDisk(string Name, OutsideReason Reason, DiskPlace? Place = null);

using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Disks;

/// <summary>What a disk is plugged into. It decides what a guest's agent tells of the disk's place (qga/commands-linux.c,
/// commands-win32.c).</summary>
public enum DiskSocket
{
    /// <summary>virtio-blk: one disk a PCI device.</summary>
    Virtio,

    /// <summary>virtio-scsi: told by its lun, on Windows by its target, too.</summary>
    VirtioScsi,

    /// <summary>lsi53c895a and its like: told by its target.</summary>
    LsiScsi,

    /// <summary>piix3-ide and its like: told by channel and unit.</summary>
    Ide,

    /// <summary>AHCI: told by its port.</summary>
    Sata,

    /// <summary>A namespace of an NVMe controller: only its serial tells it from its siblings.</summary>
    Nvme,

    /// <summary>usb-storage and its like: only its serial tells it from others on the same USB controller.</summary>
    Usb,

    /// <summary>A controller that agents tell nothing of, as megasas: known by its serial only.</summary>
    Other,
}

/// <summary>Where one of the VM's disks is plugged in, and by which names its guest may know it.</summary>
/// <param name="Controller">The PCI device that it is, or that it hangs from; null where it is none, or not known.</param>
/// <param name="Channel">Of a SCSI controller, or the channel of an IDE controller, or the port of an AHCI one.</param>
/// <param name="Target">On a SCSI controller.</param>
/// <param name="Unit">The lun on a SCSI controller, the unit on an IDE channel, the namespace of an NVMe controller.</param>
public sealed record DiskPlace(DiskSocket Socket, PciAddress? Controller, long Channel = 0, long Target = 0, long Unit = 0)
{
    /// <summary>The device's serial; that of the controller for an NVMe namespace.</summary>
    public string? Serial { get; init; }

    /// <summary>A SCSI disk's device_id, which QEMU makes of its serial, else of its drive's id.</summary>
    public string? DeviceId { get; init; }

    /// <summary>0: none.</summary>
    public ulong Wwn { get; init; }
}

using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Disks;

/// <summary>One disk of a plan.</summary>
/// <param name="Index">Two digits in names, from 0 in the plan's order.</param>
/// <param name="Node">The node name of the disk's active layer.</param>
/// <param name="Qdev">The device's path in QEMU's object model, empty for a disk without a device.</param>
/// <param name="Size">Virtual size in bytes.</param>
/// <param name="Image">Absolute path of the image that is written.</param>
/// <param name="Serial">The device's serial, where known.</param>
public sealed record PlannedDisk(int Index, string Node, string Qdev, long Size, string Image, string? Serial)
{
    private string? _name;

    /// <summary>As its owner knows it: its node's name, or where QEMU made that up, the device's or the drive's id.</summary>
    public string Name
    {
        get => _name ?? Node;
        init => _name = value;
    }

    /// <summary>Where it is plugged in; null where it has no device.</summary>
    public DiskPlace? Place { get; init; }

    /// <summary>It holds variables of the firmware, and no file system of the guest's.</summary>
    public bool Firmware { get; init; }

    /// <summary>What QEMU has opened: a path, a device, or in QEMU's own notation (rbd:POOL/IMAGE, json:{…}).</summary>
    public string? File { get; init; }

    /// <summary>What the guest has flushed may still be in the host's cache (cache=unsafe). Known while it is planned
    /// only.</summary>
    [JsonIgnore]
    public bool IgnoresFlushes { get; init; }

    /// <summary>Its storage is thin. Known while it is planned only.</summary>
    [JsonIgnore]
    public ThinDisk? Thin { get; init; }

    /// <summary>The format of what is in it, as in raw or qcow2.</summary>
    public string? Format { get; init; }
}

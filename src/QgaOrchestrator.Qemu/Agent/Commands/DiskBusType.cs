using System.Text.Json.Serialization;

namespace QgaOrchestrator.Qemu.Agent.Commands;

/// <summary>The schema's GuestDiskBusType.</summary>
[JsonConverter(typeof(AgentWordConverter<DiskBusType>))]
public readonly record struct DiskBusType(string Value) : IAgentWord<DiskBusType>
{
    public static DiskBusType Ide { get; } = new("ide");
    public static DiskBusType Fdc { get; } = new("fdc");
    public static DiskBusType Scsi { get; } = new("scsi");
    public static DiskBusType Virtio { get; } = new("virtio");
    public static DiskBusType Xen { get; } = new("xen");
    public static DiskBusType Usb { get; } = new("usb");
    public static DiskBusType Uml { get; } = new("uml");
    public static DiskBusType Sata { get; } = new("sata");
    public static DiskBusType Sd { get; } = new("sd");

    /// <summary>Unknown to the agent itself: its word since QEMU 2.4, as are those up to file-backed-virtual.</summary>
    public static DiskBusType Unknown { get; } = new("unknown");
    public static DiskBusType Ieee1394 { get; } = new("ieee1394");
    public static DiskBusType Ssa { get; } = new("ssa");
    public static DiskBusType Fibre { get; } = new("fibre");
    public static DiskBusType Raid { get; } = new("raid");
    public static DiskBusType Iscsi { get; } = new("iscsi");
    public static DiskBusType Sas { get; } = new("sas");
    public static DiskBusType Mmc { get; } = new("mmc");
    public static DiskBusType Virtual { get; } = new("virtual");
    public static DiskBusType FileBackedVirtual { get; } = new("file-backed-virtual");

    /// <summary>Since QEMU 7.1.</summary>
    public static DiskBusType Nvme { get; } = new("nvme");

    static DiskBusType IAgentWord<DiskBusType>.Of(string value) => new(value);

    public override string ToString() => Value;
}

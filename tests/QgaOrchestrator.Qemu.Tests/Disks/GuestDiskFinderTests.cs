using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor.Queries;
using QgaOrchestrator.Qemu.Tests.Cut;

namespace QgaOrchestrator.Qemu.Tests.Disks;

/// <summary>Which of QEMU's disks a guest means, on every bus, as a real agent told it and as others tell it by their
/// source.</summary>
public sealed class GuestDiskFinderTests
{
    /// <summary>What the guest calls it, and the node; ? is unknown. The guest's names are in the order of its
    /// discovery.</summary>
    [Theory]
    [InlineData("vda", "vb")] // virtio-blk
    [InlineData("vdb", "vb2")] // virtio-blk behind a bridge, without id and serial
    [InlineData("sda", "s0")] // virtio-scsi, target 0 lun 0, without a serial: what target 2 lun 0 is known by leaves it
    [InlineData("sdb", "s1")] // virtio-scsi, lun 1, a serial of 36 characters
    [InlineData("sdc", "s2")] // virtio-scsi, target 2, a WWN
    [InlineData("sdd", "s3")] // virtio-scsi, target 3, a device_id as libvirt gives it
    [InlineData("sde", "i0")] // IDE, primary master
    [InlineData("sdf1", "i1")] // IDE, primary slave, a partition
    [InlineData("sdf2", "i1")]
    [InlineData("sdg", "i2")] // IDE, secondary master
    [InlineData("sdh", "a3")] // AHCI, port 3
    [InlineData("sdi", "a0")] // AHCI, port 0
    [InlineData("sdj", "?")] // usb-storage on xHCI without a serial: this agent tells no place
    [InlineData("sdk", "l0")] // lsi53c895a, target 0
    [InlineData("sdl", "l1")] // lsi53c895a, target 4
    [InlineData("sdm", "u1")] // usb-storage on EHCI with a serial
    [InlineData("sdn", "m0")] // megasas with a serial: this agent tells no place
    [InlineData("sdo", "?")] // without a serial
    [InlineData("nvme0n1", "n0")]
    [InlineData("nvme1n1", "n1")] // namespace 1
    [InlineData("nvme1n2", "n2")] // namespace 5, which Linux counts as the second
    public async Task A_real_guests_disk_is_found_on_every_bus(string device, string node)
    {
        var (machine, fileSystems) = await RecordedAsync();
        var found = new GuestDiskFinder(machine, fileSystems).Find(
            Assert.Single(fileSystems, f => f.Name == device).Disk.Single());
        Assert.Equal(node, Shown(found));
    }

    /// <summary>An agent before 3.1 tells neither serial nor device, one without udev no serial: namespaces stay
    /// undecided.</summary>
    [Theory]
    [InlineData("vda", "vb")]
    [InlineData("sda", "s0|s2")]
    [InlineData("sdb", "s1|s3")]
    [InlineData("sde", "i0")]
    [InlineData("sdh", "a3")]
    [InlineData("sdl", "l1")]
    [InlineData("sdn", "?")]
    [InlineData("nvme0n1", "n0")]
    [InlineData("nvme1n1", "n1|n2")]
    public async Task Without_serials_a_disk_is_found_by_its_place_where_that_is_unique(string device, string nodes)
    {
        var (machine, told) = await RecordedAsync();
        var fileSystems =
            told.Select(f => f with { Disk = [.. f.Disk.Select(disk => disk with { Serial = null, Dev = null })] }).ToList();
        Assert.Equal(
            nodes, Shown(new GuestDiskFinder(machine, fileSystems).Find(fileSystems.First(f => f.Name == device).Disk.Single())));
    }

    public static TheoryData<string, DiskPlace, bool> Serials => new()
    {
        { "0QEMU_QEMU_HARDDISK_drive-scsi0", Scsi("") with { DeviceId = "drive-scsi0" }, true },
        { "0QEMU_QEMU_HARDDISK_drive-scsi1", Scsi("") with { DeviceId = "drive-scsi0" }, false },
        // oVirt: the image's UUID, cut to 20
        { "0QEMU_QEMU_HARDDISK_4a7c1f5e-9f1c-4b6e-8", Scsi("4a7c1f5e-9f1c-4b6e-8b5e-0f5d9d1f6a11"), true },
        { "4a7c1f5e-9f1c-4b6e-8b5e-0f5d9d1f6a11", Scsi("4a7c1f5e-9f1c-4b6e-8b5e-0f5d9d1f6a11"), true }, // Windows
        { "4a7c1f5e-9f1c-4b6e-8b5e-0f5d9d1f6a11", Scsi("4a7c1f5e-9f1c-4b6e-8b5e-0f5d9d1f6a11-and-more"), true }, // cut to 36
        { "4a7c1f5e-9f1c-4b6e-8", new(DiskSocket.Virtio, null) { Serial = "4a7c1f5e-9f1c-4b6e-8b5e-0f5d9d1f6a11" }, true },
        { "35000c50015ea71ad", Scsi("") with { Wwn = 0x5000c50015ea71ad }, true },
        { "35000c50015ea71ae", Scsi("") with { Wwn = 0x5000c50015ea71ad }, false },
        {
            "QEMU_HARDDISK_QM00001",
            new(DiskSocket.Sata, null) { Serial = "QM00001" },
            true
        },
        {
            "QM00001             ",
            new(DiskSocket.Ide, null) { Serial = "QM00001" },
            true
        }, // Windows pads
        {
            "QEMU_NVMe_Ctrl_NVME1",
            new(DiskSocket.Nvme, null, Unit: 5) { Serial = "NVME1" },
            true
        }, // udev before 250
        {
            "QEMU_NVMe_Ctrl_NVME1_1",
            new(DiskSocket.Nvme, null, Unit: 5) { Serial = "NVME1" },
            false
        },
        {
            "QEMU_QEMU_HARDDISK_my_serial-0:0",
            new(DiskSocket.Usb, null) { Serial = "my serial" },
            true
        },
        {
            "QEMU_QEMU_HARDDISK_1-0000:00:08.0-1-0:0",
            new(DiskSocket.Usb, null) { DeviceId = "1-0000:00:08.0-1" },
            true
        }, // QEMU's own
        { "", Scsi(""), false },
    };

    [Theory]
    [MemberData(nameof(Serials))]
    public void A_disk_serial_matches_in_the_form_that_guests_report(string told, DiskPlace place, bool same) =>
        Assert.Equal(same, GuestSerial.IsOf(told, place));

    /// <summary>By its source (qga/commands-win32.c) a Windows agent tells the lun as unit, the target as target, and of SATA no
    /// port.</summary>
    [Fact]
    public async Task A_Windows_agent_tells_targets_and_no_ports()
    {
        var (machine, _) = await RecordedAsync();
        var (scsi, ahci, virtio) = (
            new GuestPciAddress(0, 0, 3, 0), new GuestPciAddress(0, 0, 7, 0), new GuestPciAddress(0, 0, 2, 0));
        GuestFilesystem[] volumes =
        [
            Volume(@"C:\", new(virtio, DiskBusType.Scsi, 0, 0, 0, "ABCDEFGHIJKLMNOPQRST", @"\\.\PhysicalDrive0")),
            Volume(@"D:\", new(scsi, DiskBusType.Scsi, 0, 2, 0, null, @"\\.\PhysicalDrive1")),
            Volume(@"E:\", new(ahci, DiskBusType.Sata, 0, 0, 0, "SATA3", @"\\.\PhysicalDrive2")),
            Volume(@"F:\", new(new(-1, -1, -1, -1), DiskBusType.Ide, 0, 0, 0, "QM00003", @"\\.\PhysicalDrive3")),
            // Its slot is the firmware's number: no PCI device is there.
            Volume(@"G:\", new(new(0, 1, 9, 0), DiskBusType.Scsi, 0, 0, 0, null, @"\\.\PhysicalDrive4")),
        ];
        var finder = new GuestDiskFinder(machine, volumes);
        Assert.Equal(["vb", "s2", "a3", "i2", "?"], volumes.Select(volume => Shown(finder.Find(volume.Disk[0]))));
    }

    [Fact]
    public async Task A_PCI_device_that_none_of_QEMUs_disks_hangs_from_is_elsewhere_by_its_name()
    {
        var (machine, _) = await RecordedAsync();
        var entry = new GuestDiskAddress(new(0, 0, 20, 0), DiskBusType.Virtio, 0, 0, 0);
        var more = machine with { Pci = [.. machine.Pci, new PciDevice("vhost0", 0, 20, 0)] };
        Assert.Equal(new FoundDisk.Elsewhere("vhost0", Excluded: false), new GuestDiskFinder(more, []).Find(entry));
        Assert.Equal(
            new FoundDisk.Elsewhere("vhost0", Excluded: true),
            new GuestDiskFinder(more with { ExcludedDevices = ["vhost0"] }, []).Find(entry)
        );
        Assert.IsType<FoundDisk.Unknown>(new GuestDiskFinder(machine, []).Find(entry));
        Assert.IsType<FoundDisk.Unknown>(new GuestDiskFinder(more, []).Find(entry with { Serial = "ABCDEFGHIJKLMNOPQRST" }));
    }

    [Theory]
    [InlineData("/dev/sda2", "/dev/sda")]
    [InlineData("/dev/vda", "/dev/vda")]
    [InlineData("/dev/nvme0n1p3", "/dev/nvme0n1")]
    [InlineData("/dev/nvme0n1", "/dev/nvme0n1")]
    [InlineData("/dev/mmcblk0p1", "/dev/mmcblk0")]
    [InlineData(@"\\.\PhysicalDrive0", @"\\.\PhysicalDrive0")]
    [InlineData("1", "1")]
    [InlineData("", null)]
    public void A_partition_is_a_part_of_its_disk(string told, string? disk) =>
        Assert.Equal(disk, GuestDiskFinder.Device(new(new(0, 0, 0, 0), DiskBusType.Scsi, 0, 0, 0, Dev: told)));

    private static async Task<(VmDisks Machine, IReadOnlyList<GuestFilesystem> FileSystems)> RecordedAsync()
    {
        var recorded = new RecordedVm("pc");
        return (
            await new QmpMachine(recorded).DisksAsync([], disk => $"/target/{disk}.qcow2", TimeSpan.FromSeconds(1)),
            recorded.FileSystems
        );
    }

    private static string Shown(FoundDisk found) => found switch
    {
        FoundDisk.OneOf one => string.Join('|', one.Names),
        FoundDisk.Elsewhere elsewhere => $"elsewhere {elsewhere.Name}",
        _ => "?",
    };

    private static DiskPlace Scsi(string serial) => new(DiskSocket.VirtioScsi, null) { Serial = serial };

    private static GuestFilesystem Volume(string mountpoint, GuestDiskAddress disk) =>
        new(@"\\?\Volume{0}\", mountpoint, "NTFS", [disk]);
}

using System.Diagnostics;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.RealVms;

/// <summary>
/// A real VM with a disk on each of many buses, in addition to its two of virtio-blk: several on one virtio-scsi controller, one
/// alone on its own, two namespaces of one NVMe controller, one throttled behind a root port, and one that
/// another process serves (vhost-user).
/// </summary>
internal sealed class BusesVm : IAsyncDisposable
{
    private readonly Process _storage;

    private BusesVm(RealVm vm, Process storage) => (Vm, _storage) = (vm, storage);

    public RealVm Vm { get; }

    public static async Task<BusesVm> BootAsync(string folder, string name)
    {
        if (LabHost.Missing is { } missing)
        {
            Skip.IfNot(LabHost.MustWork, missing);
            throw new LabException(missing);
        }

        var guest = await Guest.EnsureBusesAsync();
        var images = Directory.CreateDirectory(Path.Combine(folder, "images")).FullName;
        // It listens when it writes its pid.
        var (served, socket, pid) = (
            Copy("ext4", "served"), Path.Combine(images, "vhost.sock"), Path.Combine(images, "storage.pid"));
        var storage = Process.Start("qemu-storage-daemon",
        [
            "--blockdev", $"driver=file,node-name=served,filename={served}", "--pidfile", pid,
            "--export", $"type=vhost-user-blk,id=served,node-name=served,writable=on,addr.type=unix,addr.path={socket}",
        ]);
        await Poll.UntilAsync("storage daemon", Guests.Limit, () => File.Exists(pid));

        var vm = await RealVm.CreateAsync(
            guest,
            await Accelerator.ForAsync(guest),
            Path.Combine(folder, "vms", name),
            name,
            shape: new VmShape(
                Megabytes: 128,
                Processors: 1,
                Reboots: false,
                Pause: 1,
                Machine: "q35,memory-backend=mem",
                More:
            [
                "-object",
                "memory-backend-memfd,id=mem,size=128M,share=on",
                "-object",
                "iothread,id=io1",
                "-object",
                "throttle-group,id=slow,x-iops-total=5000",
                "-device",
                "pcie-root-port,id=rp1,chassis=1",
                "-device",
                "pcie-root-port,id=rp2,chassis=2",
                "-device",
                "virtio-scsi-pci,id=scsihw0",
                .. Disk("scsi0", Copy("ext4", "scsi0"), "scsi-hd,bus=scsihw0.0,channel=0,scsi-id=0,lun=0"),
                .. Disk("scsi1", Copy("uefi", "scsi1"), "scsi-hd,bus=scsihw0.0,channel=0,scsi-id=0,lun=1"),
                "-device", "scsi-cd,bus=scsihw0.0,channel=0,scsi-id=0,lun=2,id=cd0",
                "-device", "virtio-scsi-pci,id=virtioscsi1,iothread=io1,bus=rp1",
                .. Disk("scsi2", Copy("ext4", "scsi2"), "scsi-hd,bus=virtioscsi1.0,channel=0,scsi-id=0,lun=3"),
                "-device", "nvme,id=nvme0,serial=NVME0",
                .. Disk("ns1", Copy("ext4", "ns1"), "nvme-ns,bus=nvme0,nsid=1"),
                .. Disk("ns2", Copy("ext4", "ns2"), "nvme-ns,bus=nvme0,nsid=2"),
                "-blockdev",
                "driver=throttle,node-name=slow0,throttle-group=slow,file.driver=raw,file.file.driver=file,"
                    + $"file.file.filename={Copy("ext4", "slow0")}",
                "-device",
                "virtio-blk-pci,drive=slow0,bus=rp2",
                "-chardev",
                $"socket,id=vhost,path={socket}",
                "-device",
                "vhost-user-blk-pci,id=served0,chardev=vhost",
            ]
            )
        );
        await vm.BootAsync();
        return new(vm, storage);

        string Copy(string template, string disk)
        {
            var image = Path.Combine(images, $"{disk}.raw");
            File.Copy(Path.Combine(guest.Directory, $"{template}.raw"), image);
            return image;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Vm.DisposeAsync();
        _storage.Kill();
        _storage.Dispose();
    }

    private static string[] Disk(string name, string image, string device) =>
        [
            "-blockdev",
            $"driver=raw,node-name={name},file.driver=file,file.filename={image}",
            "-device",
            $"{device},drive={name},id={name}",
        ];
}

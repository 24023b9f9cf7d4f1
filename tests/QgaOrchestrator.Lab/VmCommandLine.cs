using System.Globalization;

namespace QgaOrchestrator.Lab;

/// <param name="Megabytes">Of memory.</param>
/// <param name="Reboots">False: where its guest reboots, QEMU ends.</param>
/// <param name="Machine">QEMU's machine type, with its options.</param>
/// <param name="More">Further arguments.</param>
/// <param name="Pause">Seconds between two records that its guest writes.</param>
/// <param name="Swap">MiB of another, empty disk, for a guest that writes its memory there; 0: none.</param>
public sealed record VmShape(
    int Megabytes, int Processors, bool Reboots, int Swap = 0, string Machine = "pc,usb=off", double Pause = 0.2,
    IReadOnlyList<string>? More = null)
{
    /// <summary>As small as can be: there are many.</summary>
    public static VmShape Small { get; } = new(96, 1, Reboots: false);
}

/// <summary>
/// QEMU's arguments for one VM. A warm clone has the same devices with the same ids as the VM whose state it loads;
/// names, paths and the kernel's options may differ.
/// </summary>
internal static class VmCommandLine
{
    public const int Disks = 2;

    public static string[] For(Guest guest, Accelerator accelerator, string directory, string name, Guid uuid, VmShape shape) =>
    [
        "-name", name, "-uuid", uuid.ToString(),
        "-M", $"{shape.Machine},vmport=off,graphics=off", "-m", $"{shape.Megabytes}", "-smp", $"{shape.Processors}",
        .. accelerator.Arguments,
        "-nodefaults", "-no-user-config", "-display", "none", .. shape.Reboots ? Array.Empty<string>() : ["-no-reboot"],
        "-kernel", guest.Kernel, "-initrd", guest.Initramfs,
        "-append", "console=ttyS0 quiet panic=-1 mitigations=off nokaslr no_timer_check random.trust_cpu=on " +
            string.Create(CultureInfo.InvariantCulture, $"cryptomgr.notests audit=0 vm.name={name} vm.pause={shape.Pause}"),
        "-serial", $"file:{directory}/console.log",
        "-chardev", $"file,id=synced0,path={directory}/synced.log,append=on", "-serial", "chardev:synced0",
        .. Enumerable.Range(0, Disks).SelectMany(disk => Disk(directory, disk)),
        .. shape.Swap == 0
            ? Array.Empty<string>()
            :
            [
                "-blockdev",
                $"driver=file,node-name=swap,filename={SwapFile(directory)}",
                "-device",
                "virtio-blk-pci,drive=swap,id=swap0",
            ],
        "-device",
        "virtio-serial-pci,id=vs0",
        "-chardev",
        $"socket,id=qga0,path={directory}/qga.sock,server=on,wait=off",
        "-device",
        "virtserialport,id=qgaport0,bus=vs0.0,chardev=qga0,name=org.qemu.guest_agent.0",
        "-chardev",
        $"socket,id=mon0,path={directory}/qmp.sock,server=on,wait=off",
        "-mon",
        "chardev=mon0,mode=control",
        "-chardev",
        $"socket,id=mon1,path={directory}/lab.sock,server=on,wait=off",
        "-mon",
        "chardev=mon1,mode=control",
        .. shape.More ?? [],
        "-pidfile", $"{directory}/pid", "-daemonize",
    ];

    public static string SwapFile(string directory) => Path.Combine(directory, "swap.raw");

    private static string[] Disk(string directory, int disk) =>
    [
        "-blockdev",
        $"driver=qcow2,node-name=disk{disk},discard=unmap,file.driver=file,file.filename={directory}/disk{disk}.qcow2",
        "-device",
        $"virtio-blk-pci,drive=disk{disk},id=vd{disk},serial=data-{disk}",
    ];
}

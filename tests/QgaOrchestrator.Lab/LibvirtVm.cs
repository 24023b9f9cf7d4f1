using System.Globalization;

namespace QgaOrchestrator.Lab;

/// <summary>A domain of machine q35 with a real agent in its guest and two disks of its own that the guest keeps writing to: vda on
/// virtio-blk, sda on virtio-scsi.</summary>
public sealed class LibvirtVm
{
    private static readonly (string Name, string Bus)[] Disks = [("vda", "virtio"), ("sda", "scsi")];

    private LibvirtVm(string directory, string name) => (Directory, Name) = (directory, name);

    public string Directory { get; }

    public string Name { get; }

    public string XmlFile => Path.Combine(Directory, "domain.xml");

    public string ConsoleFile => Path.Combine(Directory, "console.log");

    /// <summary>What the guest said it had on disk, and when it was frozen and thawed.</summary>
    public SyncedLog Synced => new(Path.Combine(Directory, "synced.log"));

    public string Disk(int index) => Path.Combine(Directory, $"disk{index}.qcow2");

    /// <summary>Lays out a domain that is not defined yet.</summary>
    internal static LibvirtVm Create(Guest guest, string directory, string name)
    {
        var vm = new LibvirtVm(directory, name);
        System.IO.Directory.CreateDirectory(directory);
        for (var disk = 0; disk < Disks.Length; disk++) File.Copy(guest.DiskTemplate, vm.Disk(disk));
        File.WriteAllText(vm.XmlFile, vm.Describe(guest));
        return vm;
    }

    private string Describe(Guest guest) => $"""
        <domain type='qemu'>
          <name>{Name}</name><memory unit='MiB'>96</memory><vcpu>1</vcpu>
          <os><type arch='x86_64' machine='q35'>hvm</type><kernel>{guest.Kernel}</kernel><initrd>{guest.Initramfs}</initrd>
            <cmdline>console=ttyS0 quiet panic=-1 mitigations=off nokaslr no_timer_check random.trust_cpu=on cryptomgr.notests
              audit=0 vm.name={Name} vm.pause=0.5 vm.disks=vda,sda</cmdline></os>
          <features><acpi/></features><cpu mode='custom'><model>qemu64</model></cpu>
          <on_reboot>restart</on_reboot>
          <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
            <controller type='scsi' index='0' model='virtio-scsi'/>
            {string.Concat(Enumerable.Range(0, Disks.Length).Select(DiskOf))}
            <controller type='usb' model='none'/>
            <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
            <serial type='file'><source path='{ConsoleFile}'/><target port='0'/></serial>
            <serial type='file'><source path='{Path.Combine(Directory, "synced.log")}' append='on'/><target port='1'/></serial>
            <memballoon model='none'/>
          </devices>
        </domain>
        """;

    private string DiskOf(int index) => string.Create(CultureInfo.InvariantCulture, $"""
        <disk type='file' device='disk'><driver name='qemu' type='qcow2' discard='unmap'/><source file='{Disk(index)}'/>
          <target dev='{Disks[index].Name}' bus='{Disks[index].Bus}'/><serial>data-{index}</serial></disk>
        """);
}

using System.Globalization;

namespace QgaOrchestrator.Lab;

/// <summary>A domain with a real agent in its guest and two disks of its own that the guest keeps writing to.</summary>
public sealed class LibvirtVm
{
    /// <summary>On a virtio-scsi controller, on a machine q35.</summary>
    public const string Scsi = "scsi";

    private const int Disks = 2;

    private LibvirtVm(string directory, string name) => (Directory, Name) = (directory, name);

    public string Directory { get; }

    public string Name { get; }

    public string XmlFile => Path.Combine(Directory, "domain.xml");

    public string ConsoleFile => Path.Combine(Directory, "console.log");

    /// <summary>What the guest said it had on disk, and when it was frozen and thawed.</summary>
    public SyncedLog Synced => new(Path.Combine(Directory, "synced.log"));

    public string Disk(int index) => Path.Combine(Directory, $"disk{index}.qcow2");

    /// <summary>Lays out a domain that is not defined yet.</summary>
    /// <param name="bus">Of its disks: virtio, or <see cref="Scsi"/>.</param>
    internal static LibvirtVm Create(Guest guest, string directory, string name, string bus)
    {
        var vm = new LibvirtVm(directory, name);
        System.IO.Directory.CreateDirectory(directory);
        for (var disk = 0; disk < Disks; disk++) File.Copy(guest.DiskTemplate, vm.Disk(disk));
        File.WriteAllText(vm.XmlFile, vm.Describe(guest, bus));
        return vm;
    }

    private string Describe(Guest guest, string bus) => $"""
        <domain type='qemu'>
          <name>{Name}</name><memory unit='MiB'>96</memory><vcpu>1</vcpu>
          <os><type arch='x86_64' machine='{(bus == Scsi ? "q35" : "pc")}'>hvm</type><kernel>{guest.Kernel}</kernel><initrd>{guest.Initramfs}</initrd>
            <cmdline>console=ttyS0 quiet panic=-1 mitigations=off nokaslr no_timer_check random.trust_cpu=on cryptomgr.notests
              audit=0 vm.name={Name} vm.pause=0.2 vm.disks={Names(bus)}</cmdline></os>
          <features><acpi/></features><cpu mode='custom'><model>qemu64</model></cpu>
          <on_reboot>restart</on_reboot>
          <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
            {(bus == Scsi ? "<controller type='scsi' index='0' model='virtio-scsi'/>" : "")}
            {string.Concat(Enumerable.Range(0, Disks).Select(index => DiskOf(index, bus)))}
            <controller type='usb' model='none'/>
            <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
            <serial type='file'><source path='{ConsoleFile}'/><target port='0'/></serial>
            <serial type='file'><source path='{Path.Combine(Directory, "synced.log")}' append='on'/><target port='1'/></serial>
            <memballoon model='none'/>
          </devices>
        </domain>
        """;

    /// <summary>How libvirt and the guest's kernel begin the names of disks on this bus.</summary>
    private static string Names(string bus) => bus == Scsi ? "sd" : "vd";

    private string DiskOf(int index, string bus) => string.Create(CultureInfo.InvariantCulture, $"""
        <disk type='file' device='disk'><driver name='qemu' type='qcow2' discard='unmap'/><source file='{Disk(index)}'/>
          <target dev='{Names(bus)}{(char)('a' + index)}' bus='{bus}'/><serial>data-{index}</serial></disk>
        """);
}

using System.Xml.Linq;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Keeping;

namespace QgaOrchestrator.Qemu.Tests.Descriptions;

public class RestoredDomainTests
{
    private const string Uuid = "11111111-2222-4333-8444-555555555555", Mac = "52:54:00:aa:bb:cc";

    private const string Given = $"""
        <domain type='kvm'><name>db1</name><uuid>{Uuid}</uuid><genid>{Uuid}</genid>
          <os><type>hvm</type><nvram template='/t.fd'>/var/lib/libvirt/qemu/nvram/db1_VARS.fd</nvram></os>
          <sysinfo type='smbios'><system><entry name='uuid'>{Uuid}</entry></system></sysinfo>
          <devices>
            <disk type='block' device='disk'><driver name='qemu' type='raw' cache='none'/><source dev='/dev/vg/a'/>
              <backingStore/><target dev='vda' bus='virtio'/></disk>
            <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/b'/><target dev='vdb'/></disk>
            <disk type='file' device='cdrom'><source file='/cd.iso'/><target dev='sda'/><readonly/></disk>
            <interface type='bridge'><mac address='{Mac}'/><source bridge='br0'/></interface>
            <channel type='unix'><source mode='bind' path='/c'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
            <serial type='file'><source path='/log/db1.log'/></serial>
            <graphics type='vnc' socket='/v' autoport='yes'/>
            <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
          </devices></domain>
        """;

    private static readonly RestoredDisk Disk = new(0, "vda", "/r/db1-disk0.qcow2");

    private static readonly KeptFile
        Variables = new("firmware-vars.fd", MachinePart.Firmware, "vars"u8.ToArray()),
        Tpm = new("tpm2-00.permall", MachinePart.Tpm, "tpm"u8.ToArray());

    [Fact]
    public void With_a_name_it_is_a_domain_of_its_own()
    {
        var machine = Restore("db2");
        var text = machine.Text("/r/db1-domain.xml");
        var domain = XElement.Parse(text);

        foreach (var old in new[] { Uuid, Mac, "/dev/vg/a", "'/c'", "/log/db1.log", "\"/v\"", "backingStore", "vdb" })
            Assert.DoesNotContain(old, text, StringComparison.Ordinal);
        Assert.Equal("db2", domain.Element("name")!.Value);
        var uuid = domain.Element("uuid")!.Value;
        Assert.Equal(uuid, domain.Descendants("entry").Single().Value);
        Assert.NotEqual(uuid, domain.Element("genid")!.Value);
        var disk = domain.Descendants("disk").First();
        Assert.Equal("file", disk.Attribute("type")!.Value);
        Assert.Equal("/r/db1-disk0.qcow2", disk.Element("source")!.Attribute("file")!.Value);
        Assert.Equal(("qcow2", "none"),
            (disk.Element("driver")!.Attribute("type")!.Value, disk.Element("driver")!.Attribute("cache")!.Value));
        Assert.Contains("/cd.iso", text, StringComparison.Ordinal);
        Assert.Equal("/r/db1-firmware-vars.fd", domain.Element("os")!.Element("nvram")!.Value);
        Assert.Equal("vars", machine.Text("/r/db1-firmware-vars.fd"));
        Assert.Equal(["virsh", "define", "/r/db1-domain.xml"], machine.Definition);
        Assert.Equal(
            [
                $"install -d -o tss -g tss -m 0700 /var/lib/libvirt/swtpm/{uuid}/tpm2",
                "install -o tss -g tss -m 0600 /r/db1-tpm2-00.permall "
                    + $"/var/lib/libvirt/swtpm/{uuid}/tpm2/tpm2-00.permall",
                "virsh start db2",
            ],
            machine.Afterwards);
        Assert.Contains(machine.Notes, note => note.Contains("Disk vdb is not in the point", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, false, "db1")]
    [InlineData("db2", true, "db2")]
    public void Else_it_keeps_its_identity(string? define, bool same, string name)
    {
        var machine = Restore(define, same);
        var text = machine.Text("/r/db1-domain.xml");

        Assert.Equal(Uuid, XElement.Parse(text).Element("uuid")!.Value);
        Assert.Contains(Mac, text, StringComparison.Ordinal);
        Assert.Contains("/r/db1-disk0.qcow2", text, StringComparison.Ordinal);
        Assert.Equal("virsh define /r/db1-domain.xml", machine.Commands[0]);
        Assert.Equal($"virsh start {name}", machine.Commands[^1]);
        Assert.Contains(machine.Notes, note => note.Contains("only while the other one is stopped", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_variables_and_state_a_domain_begins_with_new_ones_and_that_is_told()
    {
        var machine = RestoredMachines.Restore("libvirt", "domain.xml", Given, "db2", disks: [Disk]);

        Assert.Equal("", XElement.Parse(machine.Text("/r/db1-domain.xml")).Element("os")!.Element("nvram")!.Value);
        foreach (var told in new[] { "variables of the firmware", "state of the TPM" })
            Assert.Contains(machine.Notes, note => note.Contains(told, StringComparison.Ordinal));
        Assert.Equal(["virsh start db2"], machine.Afterwards);
    }

    [Fact]
    public void No_secret_of_a_domain_is_kept()
    {
        const string needle = "N33dl3";
        var domain = XElement.Parse($"""
            <domain type='kvm' xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'><name>a</name>
            <metadata><m xmlns='urn:qgaorchestrator:attempt:1'>{needle}</m><o xmlns='urn:other'/></metadata>
            <os><cmdline>root=/dev/vda passwd={needle}</cmdline></os>
            <sysinfo type='fwcfg'><entry name='opt/x'>{needle}</entry></sysinfo>
            <sysinfo type='smbios'><oemStrings><entry>{needle}</entry></oemStrings></sysinfo>
            <devices><graphics type='vnc' passwd='{needle}'/><disk><auth username='u'><secret usage='s'/></auth></disk></devices>
            <q:commandline><q:arg value='-object'/><q:arg value='secret,id=s,data={needle}'/>
            <q:env name='X' value='{needle}'/></q:commandline></domain>
            """);

        var redacted = KeptDomain.Redact(domain);

        Assert.DoesNotContain(needle, domain.ToString(), StringComparison.Ordinal);
        Assert.Contains("urn:other", domain.ToString(), StringComparison.Ordinal);
        Assert.Contains("usage=\"s\"", domain.ToString(), StringComparison.Ordinal);
        Assert.Equal(6, redacted.Count);
    }

    [Fact]
    public void What_is_no_XML_is_refused() =>
        Assert.Throws<MachineException>(() => RestoredMachines.Restore("libvirt", "domain.xml", "<domain"));

    private static RestoredMachine Restore(string? define, bool same = false) =>
        RestoredMachines.Restore("libvirt", "domain.xml", Given, define, same, [Disk], states: [Variables, Tpm]);
}

using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Keeping;

namespace QgaOrchestrator.Qemu.Tests.Descriptions;

public class RestoredGuestTests
{
    private const string Uuid = "11111111-2222-4333-8444-555555555555", Mac = "BC:24:11:AA:BB:CC";

    private const string Given = $"""
        #a note with%0Atwo lines
        args: -device x,y=1
        boot: order=scsi0
        cipassword: REDACTED
        efidisk0: local-lvm:vm-100-disk-1,efitype=4m,pre-enrolled-keys=1,size=4M
        ide0: local-lvm:vm-100-cloudinit,media=cdrom
        ide2: local:iso/a.iso,media=cdrom,size=4M
        meta: creation-qemu=9.0
        net0: virtio={Mac},bridge=vmbr0,firewall=1
        scsi0: local-lvm:vm-100-disk-0,iothread=1,size=32G
        scsi1: local-lvm:vm-100-disk-9,backup=0,size=1G
        smbios1: uuid={Uuid},serial=5
        template: 1
        tpmstate0: local-lvm:vm-100-disk-2,size=4M,version=v2.0
        vmgenid: {Uuid}
        """;

    private static readonly RestoredDisk[] Disks =
        [new(0, "scsi0", "/r/100-disk0.qcow2"), new(1, "efidisk0", "/r/100-disk1.qcow2")];

    private static readonly KeptFile Tpm = new("tpmstate0.raw", MachinePart.Tpm, "tpm"u8.ToArray());

    [Fact]
    public void With_a_VMID_it_is_a_VM_of_its_own_by_one_command_of_qm()
    {
        var machine = Restore("105");
        var create = machine.Definition;

        Assert.Equal(["qm", "create", "105"], create.Take(3));
        Assert.Equal("local-lvm:0,import-from=/r/100-disk0.qcow2,iothread=1", Option("--scsi0"));
        Assert.Equal("local-lvm:0,import-from=/r/100-disk1.qcow2,efitype=4m,pre-enrolled-keys=1", Option("--efidisk0"));
        Assert.Equal("local-lvm:0,import-from=/r/100-tpmstate0.raw,version=v2.0", Option("--tpmstate0"));
        Assert.Equal("local-lvm:cloudinit", Option("--ide0"));
        Assert.Equal("local:iso/a.iso,media=cdrom", Option("--ide2"));
        Assert.Equal("-device x,y=1", Option("--args"));
        Assert.Equal("a note with\ntwo lines", Option("--description"));
        Assert.Matches("^virtio=BC:24:11:(..):(..):(..),bridge=vmbr0,firewall=1$", Option("--net0"));
        Assert.DoesNotContain(Mac, Option("--net0"), StringComparison.Ordinal);
        Assert.Matches("^uuid=[0-9a-f-]{36},serial=5$", Option("--smbios1"));
        foreach (var none in new[] { "--meta", "--template", "--vmgenid", "--cipassword", "--scsi1" })
            Assert.DoesNotContain(none, create);
        foreach (var told in new[] { "cipassword", "scsi1" })
            Assert.Contains(machine.Notes, note => note.Contains(told, StringComparison.Ordinal));
        Assert.Equal(["qm start 105"], machine.Afterwards);
        Assert.Equal("tpm", machine.Text("/r/100-tpmstate0.raw"));

        string Option(string name) => create[create.ToList().IndexOf(name) + 1];
    }

    [Theory]
    [InlineData(null, "100")]
    [InlineData("105", "105")]
    public void Else_it_keeps_its_identity(string? define, string id)
    {
        var machine = Restore(define, same: define is not null);

        Assert.Contains($"virtio={Mac},bridge=vmbr0,firewall=1", machine.Definition);
        Assert.Contains($"uuid={Uuid},serial=5", machine.Definition);
        Assert.StartsWith($"qm create {id} --args '-device x,y=1' ", machine.Commands[0], StringComparison.Ordinal);
        Assert.Equal($"qm start {id}", machine.Commands[1]);
    }

    [Fact]
    public void Without_the_state_of_its_TPM_it_gets_a_new_one_and_that_is_told()
    {
        var machine = RestoredMachines.Restore("proxmox", "100.conf", Given, "105", disks: Disks, vm: "100");

        Assert.Contains("local-lvm:1,version=v2.0", machine.Definition);
        Assert.Contains(machine.Notes, note => note.Contains("state of the TPM", StringComparison.Ordinal));
    }

    [Fact]
    public void A_kept_config_has_no_secret_no_lock_and_no_snapshot()
    {
        const string needle = "N33dl3";
        var (text, redacted) = KeptConfig.Of($"""
            #note
            args: -object 'secret,id=s,data={needle}' -device 'x y'
            cipassword: $5$a${needle}
            lock: backup
            name: db
            parent: before
            sshkeys: ssh-ed25519%20AAAA
            unused0: local-lvm:vm-100-disk-7
            [before]
            cipassword: {needle}
            """);

        Assert.Equal(
            """
            #note
            args: -object secret,id=s,data=REDACTED -device 'x y'
            cipassword: REDACTED
            name: db
            sshkeys: ssh-ed25519%20AAAA

            """.ReplaceLineEndings("\n"),
            text);
        Assert.Equal(["data of -object s in args", "cipassword"], redacted);
    }

    private static RestoredMachine Restore(string? define, bool same = false) =>
        RestoredMachines.Restore("proxmox", "100.conf", Given, define, same, Disks, "100", Tpm);
}

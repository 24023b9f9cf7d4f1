using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Proxmox;

public sealed class GuestConfigTests
{
    private const string Text = """
        # a note: name: of nobody
        agent: 1
        boot: order=scsi0;ide2
        efidisk0: local-lvm:vm-100-disk-0,efitype=4m,pre-enrolled-keys=1,size=4M
        ide0: local-lvm:vm-100-cloudinit,media=cdrom
        ide2: none,media=cdrom
        lock: snapshot
        name: db.example.org
        scsi0: file=local-lvm:vm-100-disk-1,iothread=1,size=32G
        scsi1: local-lvm:vm-100-disk-2,backup=0,size=8G
        scsihw: virtio-scsi-single
        smbios1: uuid=9f4a,base64=1
        tags: prod;web
        tpmstate0: local-lvm:vm-100-disk-3,size=4M,version=v2.0
        unused0: local-lvm:vm-100-disk-9

        [before-update]
        name: old
        scsi2: local-lvm:vm-100-disk-4
        template: 1
        """;

    [Fact]
    public void A_VMs_config_is_its_top_section()
    {
        var config = GuestConfig.Parse(Text);
        Assert.Equal(("db.example.org", "snapshot", false), (config.Name, config.Lock, config.IsTemplate));
        Assert.Equal(["prod", "web"], config.Tags);
        Assert.Equal(
            ["efidisk0", "ide0", "ide2", "scsi0", "scsi1", "tpmstate0"], config.Disks.Select(disk => disk.Key));
    }

    [Fact]
    public void Media_and_disks_that_their_owner_leaves_out_are_known()
    {
        var disks = GuestConfig.Parse(Text).Disks;
        Assert.Equal(["ide0", "ide2"], disks.Where(disk => disk.IsMedium).Select(disk => disk.Key));
        Assert.Equal(["scsi1"], disks.Where(disk => disk.IsLeftOut).Select(disk => disk.Key));
        Assert.Equal("local-lvm:vm-100-disk-1", disks.Single(disk => disk.Key == "scsi0").Volume);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[snap]\nname: x")]
    [InlineData(":\n: x\nname\n\n#")]
    public void A_config_that_says_nothing_is_empty(string text)
    {
        var config = GuestConfig.Parse(text);
        Assert.Equal((null, null, false), (config.Name, config.Lock, config.IsTemplate));
        Assert.Empty(config.Disks);
    }
}

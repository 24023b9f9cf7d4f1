using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Core.Tests.Kinds.Backup;

public class MountTableTests
{
    [Fact]
    public void A_mount_is_writable_as_the_kernel_says_and_unknown_where_it_does_not()
    {
        var table = new MountTable(
            "/dev/sda1 /boot/efi vfat rw,relatime 0 0\n/dev/sdb1 /ro\\040it vfat ro,errors=rw 0 0\nrootfs / rootfs ro 0 "
                + "0\n/dev/sda2 / ext4 rw 0 0\nodd\n"
        );
        Assert.True(table.Writable("/boot/efi"));
        Assert.False(table.Writable("/ro it"));
        Assert.True(table.Writable("/"));
        Assert.Null(table.Writable("/mnt"));
    }
}

namespace QgaOrchestrator.Hooks.Tests.Storage;

/// <summary>config/hooks/zfs, on tools that write down how they were called.</summary>
public sealed class ZfsTests
{
    private static readonly (string, string)[] Disks =
        [("/dev/zvol/tank/db1", "raw"), ("/tank/vms/db1.qcow2", "qcow2"), ("/tank/vms/log.qcow2", "qcow2")];

    [SkippableFact]
    public async Task All_disks_are_cut_by_one_command_copied_and_their_snapshots_destroyed()
    {
        using var hook = Zfs();
        await hook.MustAsync("prepare", Disks);
        await hook.MustAsync("cut", Disks);
        Assert.Equal(["zfs snapshot tank/db1@q-abcdefghij tank/vms@q-abcdefghij"], hook.Changes);
        hook.Forget();
        await hook.MustAsync("finish", Disks);
        Assert.Equal(
        [
            "zfs clone tank/db1@q-abcdefghij tank/db1-q-abcdefghij",
            "udevadm settle",
            $"qemu-img convert -t writeback -f raw -O qcow2 /dev/zvol/tank/db1-q-abcdefghij {hook.Image(0)}",
            $"qemu-img convert -t writeback -f qcow2 -O qcow2 /tank/vms/.zfs/snapshot/q-abcdefghij/db1.qcow2 {hook.Image(1)}",
            $"qemu-img convert -t writeback -f qcow2 -O qcow2 /tank/vms/.zfs/snapshot/q-abcdefghij/log.qcow2 {hook.Image(2)}",
            "zfs destroy -R tank/db1@q-abcdefghij",
            "zfs destroy -R tank/vms@q-abcdefghij",
        ], hook.Changes);
    }

    [SkippableFact]
    public async Task An_undo_destroys_what_there_is_and_may_be_repeated()
    {
        using var hook = Zfs();
        await hook.MustAsync("undo", Disks);
        await hook.MustAsync("cut", Disks[..1]);
        hook.Forget();
        await hook.MustAsync("undo", Disks);
        await hook.MustAsync("undo", Disks);
        Assert.Equal(["zfs destroy -R tank/db1@q-abcdefghij"], hook.Changes);
    }

    [SkippableFact]
    public async Task A_disk_on_another_storage_is_named()
    {
        using var hook = Zfs();
        Assert.Equal(
            "disk 0 (/images/a.qcow2) is on no ZFS: not a ZFS filesystem",
            (string?)(await hook.CallAsync("prepare", ("/images/a.qcow2", "qcow2")))["error"]
        );
    }

    /// <summary>The volume tank/db1 and the file system tank/vms on /tank/vms; a snapshot or a clone is a file with ! for
    /// /.</summary>
    private static StorageHook Zfs()
    {
        var hook = new StorageHook("zfs");
        hook.StandIn("zfs", """
            command=$1
            for last; do :; done
            made=$S/$(echo "$last" | tr / '!')
            case $command in
            list)
              case $last in
              *@* | *-q-*) [ -e "$made" ] ;;
              tank/db1) ;;
              /tank/vms/*) printf 'tank/vms\t/tank/vms\n' ;;
              *) echo 'not a ZFS filesystem' >&2; exit 1 ;;
              esac
              ;;
            snapshot) shift; for one; do : >"$S/$(echo "$one" | tr / '!')"; done ;;
            clone) : >"$made" ;;
            destroy) rm "$made" ;;
            esac
            """);
        return hook;
    }
}

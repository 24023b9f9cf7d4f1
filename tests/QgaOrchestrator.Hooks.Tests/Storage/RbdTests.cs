namespace QgaOrchestrator.Hooks.Tests.Storage;

/// <summary>config/hooks/rbd, on tools that write down how they were called.</summary>
public sealed class RbdTests
{
    private static readonly (string, string)[] Disks =
    [
        ("rbd:pool/db1:id=admin:conf=/etc/ceph/ceph.conf", "raw"),
        (
            """json:{"driver":"raw","file":{"driver":"rbd","pool":"pool","namespace":"prod","image":"data","""
                + """ "server":[{"host":"a","port":"1"}]}}""",
            "raw"
        ),
    ];

    [SkippableFact]
    public async Task Snapshots_are_made_copied_and_removed_however_QEMU_names_the_disk()
    {
        using var hook = Rbd();
        await hook.MustAsync("prepare", Disks);
        Assert.Empty(hook.Changes);
        await hook.MustAsync("cut", Disks);
        Assert.Equal(["rbd snap create pool/db1@q-abcdefghij", "rbd snap create pool/prod/data@q-abcdefghij"], hook.Changes);
        hook.Forget();
        await hook.MustAsync("finish", Disks);
        Assert.Equal(
        [
            $"qemu-img convert -t writeback -f raw -O qcow2 rbd:pool/db1@q-abcdefghij {hook.Image(0)}",
            $"qemu-img convert -t writeback -f raw -O qcow2 rbd:pool/prod/data@q-abcdefghij {hook.Image(1)}",
            "rbd snap rm pool/db1@q-abcdefghij",
            "rbd snap rm pool/prod/data@q-abcdefghij",
        ], hook.Changes);
    }

    [SkippableFact]
    public async Task An_undo_removes_what_there_is_and_may_be_repeated()
    {
        using var hook = Rbd();
        await hook.MustAsync("cut", Disks[..1]);
        hook.Forget();
        await hook.MustAsync("undo", Disks);
        await hook.MustAsync("undo", Disks);
        Assert.Equal(["rbd snap rm pool/db1@q-abcdefghij"], hook.Changes);
    }

    [SkippableFact]
    public async Task An_unreachable_Ceph_cluster_does_not_count_as_a_lost_snapshot()
    {
        using var hook = Rbd();
        hook.StandIn("rbd", "echo 'no monitor specified' >&2; exit 1");
        Assert.Equal("rbd snap ls: no monitor specified", (string?)(await hook.CallAsync("undo", Disks))["error"]);
    }

    [SkippableFact]
    public async Task A_disk_on_another_storage_is_named()
    {
        using var hook = Rbd();
        Assert.Equal(
            "disk 0 (/images/a.qcow2) is no RBD image of QEMU's",
            (string?)(await hook.CallAsync("prepare", ("/images/a.qcow2", "qcow2")))["error"]
        );
    }

    /// <summary>A snapshot is a file with ! for /.</summary>
    private static StorageHook Rbd()
    {
        var hook = new StorageHook("rbd");
        hook.StandIn("rbd", """
            for last; do :; done
            made=$S/$(echo "$last" | tr / '!')
            case "$1 $2" in
            'snap create') : >"$made" ;;
            'snap rm') rm "$made" ;;
            'snap ls')
                if [ -e "$made@q-abcdefghij" ]; then echo '[{"name":"other"},{"name":"q-abcdefghij"}]'; else echo '[]'; fi ;;
            esac
            """);
        return hook;
    }
}

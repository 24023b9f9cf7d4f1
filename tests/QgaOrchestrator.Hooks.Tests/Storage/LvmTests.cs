namespace QgaOrchestrator.Hooks.Tests.Storage;

/// <summary>config/hooks/lvm, on tools that write down how they were called.</summary>
public sealed class LvmTests
{
    private static readonly (string, string)[] Disks = [("/dev/vg0/db1", "raw"), ("/dev/vg1/data", "qcow2")];

    [SkippableTheory]
    [InlineData("dash")]
    [InlineData("bash")]
    public async Task Snapshots_are_made_copied_and_removed(string shell)
    {
        using var hook = Lvm(shell);
        await hook.MustAsync("prepare", Disks);
        Assert.Empty(hook.Changes);
        await hook.MustAsync("cut", Disks);
        Assert.Equal(
        [
            "lvcreate --snapshot --name q-abcdefghij-0 --addtag q-abcdefghij vg0/db1",
            "lvcreate --snapshot --extents 20%ORIGIN --name q-abcdefghij-1 --addtag q-abcdefghij vg1/data",
        ], hook.Changes);
        hook.Forget();
        await hook.MustAsync("finish", Disks);
        Assert.Equal(
        [
            "lvchange --activate y --ignoreactivationskip vg0/q-abcdefghij-0",
            $"qemu-img convert -t writeback -f raw -O qcow2 /dev/vg0/q-abcdefghij-0 {hook.Image(0)}",
            "lvchange --activate y --ignoreactivationskip vg1/q-abcdefghij-1",
            $"qemu-img convert -t writeback -f qcow2 -O qcow2 /dev/vg1/q-abcdefghij-1 {hook.Image(1)}",
            "lvremove --force --yes vg0/q-abcdefghij-0",
            "lvremove --force --yes vg1/q-abcdefghij-1",
        ], hook.Changes);
        Assert.Empty(Directory.GetFiles(hook.State));
    }

    [SkippableFact]
    public async Task An_undo_removes_what_there_is_and_may_be_repeated()
    {
        using var hook = Lvm();
        await hook.MustAsync("undo", Disks);
        Assert.Empty(hook.Changes);
        await hook.MustAsync("cut", Disks[..1]);
        hook.Forget();
        await hook.MustAsync("undo", Disks);
        await hook.MustAsync("undo", Disks);
        Assert.Equal(["lvremove --force --yes vg0/q-abcdefghij-0"], hook.Changes);
    }

    [SkippableFact]
    public async Task A_finish_goes_on_where_a_crash_left_it()
    {
        using var hook = Lvm();
        await hook.MustAsync("cut", Disks);
        await File.WriteAllTextAsync(hook.Image(0), "whole");
        File.Delete(Path.Combine(hook.State, "vg0!q-abcdefghij-0"));
        await hook.MustAsync("finish", Disks);
        Assert.Equal("whole", await File.ReadAllTextAsync(hook.Image(0)));
        Assert.True(File.Exists(hook.Image(1)));
    }

    [SkippableFact]
    public async Task A_snapshot_that_is_gone_before_it_was_copied_fails()
    {
        using var hook = Lvm();
        Assert.Equal("the snapshot vg0/q-abcdefghij-0 is gone", (string?)(await hook.CallAsync("finish", Disks))["error"]);
    }

    [SkippableFact]
    public async Task What_a_tool_says_is_the_reason()
    {
        using var hook = Lvm();
        hook.StandIn("lvcreate", "echo 'Volume group \"vg0\" has insufficient free space' >&2; exit 5");
        var answer = await hook.CallAsync("cut", Disks[1]);
        Assert.Equal("lvcreate: Volume group \"vg0\" has insufficient free space", (string?)answer["error"]);
        Assert.Equal("Free extents of vg1 (vgs), or lower SNAPSHOT_SIZE", (string?)answer["remedy"]);
    }

    [SkippableFact]
    public async Task A_disk_that_is_no_volume_is_named()
    {
        using var hook = Lvm();
        var answer = await hook.CallAsync("prepare", ("/images/db1.qcow2", "qcow2"));
        Assert.Equal("disk 0 (/images/db1.qcow2) is no logical volume: not found", (string?)answer["error"]);
    }

    /// <summary>vg0/db1 is thin, vg1/data is not; a snapshot is a file VG!LV.</summary>
    private static StorageHook Lvm(string shell = "sh")
    {
        var hook = new StorageHook("lvm", shell);
        hook.StandIn("lvs", """
            for last; do :; done
            case $last in
            /dev/vg0/db1) echo '  vg0|db1|pool0' ;;
            /dev/vg1/data) echo '  vg1|data|' ;;
            @q-abcdefghij) for made in $S/*; do [ ! -e "$made" ] || basename "$made" | tr '!' /; done ;;
            */q-*) [ -e "$S/$(echo "$last" | tr / '!')" ] ;;
            *) echo 'not found' >&2; exit 5 ;;
            esac
            """);
        hook.StandIn("lvcreate", """
            for last; do :; done
            while [ "$1" != --name ]; do shift; done
            : >"$S/${last%/*}!$2"
            """);
        hook.StandIn("lvchange", "");
        hook.StandIn("lvremove", """for last; do :; done; rm "$S/$(echo "$last" | tr / '!')" """);
        return hook;
    }
}

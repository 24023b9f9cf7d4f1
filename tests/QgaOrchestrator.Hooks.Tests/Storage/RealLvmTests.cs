using System.Globalization;
using QgaOrchestrator.Lab;

namespace QgaOrchestrator.Hooks.Tests.Storage;

/// <summary>config/hooks/lvm on a volume group of a file, where the kernel has device-mapper and we are root.</summary>
public sealed class RealLvmTests
{
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_image_holds_the_volume_as_it_was_at_the_cut_and_no_snapshot_stays(bool thin)
    {
        await using var group = await Group.MakeAsync(thin);
        using var hook = new StorageHook("lvm", real: true);
        await group.WriteAsync("before");
        await hook.MustAsync("prepare", group.Disk);
        await hook.MustAsync("cut", group.Disk);
        await group.WriteAsync("behind");
        await hook.MustAsync("finish", group.Disk);

        var raw = Path.Combine(hook.Folder, "raw");
        await Tool.MustAsync("qemu-img", "convert", "-f", "qcow2", "-O", "raw", hook.Image(0), raw);
        var bytes = await File.ReadAllBytesAsync(raw);
        Assert.Equal("before", System.Text.Encoding.ASCII.GetString(bytes, 0, 6));
        Assert.Equal(32 << 20, bytes.Length);
        Assert.DoesNotContain(StorageHook.Name, await group.VolumesAsync(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task An_undo_leaves_the_volume_alone()
    {
        await using var group = await Group.MakeAsync(thin: false);
        using var hook = new StorageHook("lvm", real: true);
        await hook.MustAsync("cut", group.Disk);
        Assert.Contains(StorageHook.Name, await group.VolumesAsync(), StringComparison.Ordinal);
        await hook.MustAsync("undo", group.Disk);
        await hook.MustAsync("undo", group.Disk);
        Assert.Equal("disk", (await group.VolumesAsync()).Trim());
    }

    /// <summary>A volume group on a loop device, with one volume of 32 MiB.</summary>
    private sealed class Group : IAsyncDisposable
    {
        private readonly string _file = Path.GetTempFileName();
        private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"qga{Environment.ProcessId}");
        private string? _loop;

        public (string, string) Disk => ($"/dev/{_name}/disk", "raw");

        public static async Task<Group> MakeAsync(bool thin)
        {
            Skip.If(Tool.Which("lvcreate") is null || Tool.Which("dmsetup") is null, "no LVM here");
            var version = await Tool.RunAsync("dmsetup", "version");
            Skip.IfNot(
                version.ExitCode == 0,
                $"no device-mapper for us: dmsetup version says {version.Error.Trim().ReplaceLineEndings(" ")}"
            );
            var group = new Group();
            await using (var file = File.OpenWrite(group._file)) file.SetLength(128 << 20);
            group._loop = (await Tool.MustAsync("losetup", "--find", "--show", group._file)).Trim();
            await Tool.MustAsync("vgcreate", group._name, group._loop);
            if (thin)
                await Tool.MustAsync("lvcreate", "--yes", "--type", "thin-pool", "--name", "pool", "--size", "64M", group._name);
            string[] where = thin ? ["--thinpool", "pool", "--virtualsize", "32M"] : ["--size", "32M"];
            await Tool.MustAsync("lvcreate", ["--yes", "--wipesignatures", "n", "--name", "disk", .. where, group._name]);
            return group;
        }

        public async Task WriteAsync(string text)
        {
            await using var disk = new FileStream($"/dev/{_name}/disk", FileMode.Open, FileAccess.Write);
            await disk.WriteAsync(System.Text.Encoding.ASCII.GetBytes(text));
            disk.Flush(flushToDisk: true);
        }

        public Task<string> VolumesAsync() => Tool.MustAsync("lvs", "--noheadings", "-o", "lv_name", _name);

        public async ValueTask DisposeAsync()
        {
            await Tool.RunAsync("vgremove", "--force", "--yes", _name);
            if (_loop is not null) await Tool.RunAsync("losetup", "--detach", _loop);
            File.Delete(_file);
        }
    }
}

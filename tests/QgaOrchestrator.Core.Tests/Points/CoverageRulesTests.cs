using System.Text.Json;
using CsCheck;
using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Core.Tests.Points;

public class CoverageRulesTests
{
    private static readonly DiskFacts[] TwoDisks = [new("a", DiskRole.Cut), new("b", DiskRole.Cut)];

    private static readonly MountFacts RootOnA = Ext4("/", On("a")), DataOnB = Ext4("/data", On("b"));

    /// <summary>A case: disks, mounts, the cover of each disk, and words of each gap.</summary>
    private static readonly Dictionary<string, (DiskFacts[] Disks, MountFacts[]? Mounts, string Covers, string[] Gaps)> Cases =
        new()
        {
            ["both freeze"] = (TwoDisks, [RootOnA, DataOnB], "Covered Covered", []),
            ["the guest tells nothing"] = (
            TwoDisks, null, "Unknown Unknown", ["a is unknown: the guest does not tell", "b is unknown"]),
            ["a raw disk"] = (TwoDisks, [RootOnA], "Covered Uncovered", ["b is uncovered: no file system that freezes is on it"]),
            ["one file system over both"] = (TwoDisks, [Ext4("/", On("a"), On("b"))], "Covered Covered", []),
            ["btrfs names one of its disks"] = (
            TwoDisks,
            [Mount("/", "btrfs", true, On("a"))],
            "Covered Unknown",
            ["b is unknown: guest and QEMU tell nothing"]
            ),
            ["UEFI's usual layout"] = (
            TwoDisks,
            [RootOnA, DataOnB, Mount("/boot/efi", "vfat", true, On("a"))],
            "Uncovered Covered",
            ["a is uncovered: /boot/efi (vfat) is mounted there, is writable, and does not freeze"]
            ),
            ["FAT that may be writable"] = (
            TwoDisks,
            [RootOnA, DataOnB, Mount("/boot/efi", "vfat", null, On("a"))],
            "Unknown Covered",
            ["a is unknown: /boot/efi (vfat)"]
            ),
            ["FAT that is read-only"] = (
            TwoDisks,
            [RootOnA, DataOnB, Mount("/boot/efi", "vfat", false, On("a"))],
            "Covered Covered",
            []
            ),
            ["FAT somewhere"] = (
            TwoDisks,
            [RootOnA, DataOnB, Mount("/usb", "vfat", true, new DevicePlace.Unknown())],
            "Unknown Unknown",
            ["a is unknown: /usb (vfat) does not freeze, and it is not known which", "b is unknown"]
            ),
            ["FAT elsewhere"] = (TwoDisks, [RootOnA, DataOnB, Mount("/usb", "vfat", true, Elsewhere())], "Covered Covered", []),
            ["Windows' EFI partition"] = (
            TwoDisks,
            [
                Mount("C:\\", "NTFS", null, On("a")),
                Mount("System Reserved", "FAT32", null, On("a")),
                Mount("D:\\", "NTFS", null, On("b")),
            ],
            "Covered Covered",
            []
            ),
            ["Windows' memory stick"] = (
            TwoDisks,
            [Mount("C:\\", "NTFS", null, On("a")), Mount("D:\\", "FAT32", null, On("b"))],
            "Covered Unknown",
            ["b is unknown: D:\\ (FAT32)"]
            ),
            ["a CD, a snap, and memory"] = (
            TwoDisks,
            [
                RootOnA,
                DataOnB,
                Mount("/media", "iso9660", null, On("cd")),
                Named("loop3", "/snap", "squashfs"),
                Named("loop0", "/tmp", "ext4"),
                Named("zram0", "/var/tmp", "ext4"),
            ],
            "Covered Covered",
            []
            ),
            ["a vhost-user disk"] = (
            TwoDisks,
            [RootOnA, DataOnB, Ext4("/srv", Elsewhere())],
            "Covered Covered",
            ["/srv (ext4) is on vhost0, which QEMU cannot cut"]
            ),
            ["a vhost-user disk that is excluded"] = (
            TwoDisks, [RootOnA, DataOnB, Ext4("/srv", Elsewhere(excluded: true))], "Covered Covered", []),
            ["a vhost-user disk that is read-only"] = (
            TwoDisks,
            [RootOnA, DataOnB, Mount("/srv", "ext4", false, Elsewhere())],
            "Covered Covered",
            []
            ),
            ["a disk over the network"] = (
            TwoDisks,
            [RootOnA, DataOnB, Named("nbd0", "/srv", "xfs")],
            "Covered Covered",
            ["it is not known which disk /srv (xfs) is on"]
            ),
            ["a passed-through disk"] = (
            [.. TwoDisks, new("lun", DiskRole.PassedThrough)],
            [RootOnA, DataOnB],
            "Covered Covered",
            ["lun is passed through"]
            ),
            ["a file system on a passed-through disk"] = (
            [.. TwoDisks, new("lun", DiskRole.PassedThrough)],
            [RootOnA, DataOnB, Ext4("/srv", On("lun"))],
            "Covered Covered",
            ["lun is passed through", "/srv (ext4) is on lun"]
            ),
            ["an excluded disk"] = (
            [.. TwoDisks, new("scratch", DiskRole.Excluded)],
            [RootOnA, DataOnB, Ext4("/scratch", On("scratch"))],
            "Covered Covered",
            []
            ),
            ["a disk that cannot be written"] = (
            [.. TwoDisks, new("ro", DiskRole.NotWritten)], [RootOnA, DataOnB, Ext4("/ro", On("ro"))], "Covered Covered", []),
            ["firmware's variables"] = (
            [.. TwoDisks, new("efi", DiskRole.Firmware)], [RootOnA, DataOnB], "Covered Covered Firmware", []),
            ["namespaces nobody tells apart"] = (
            TwoDisks, [Ext4("/1", Either("/dev/nvme0n1")), Ext4("/2", Either("/dev/nvme0n2"))], "Covered Covered", []),
            ["namespaces, of which one is not mounted"] = (
            TwoDisks,
            [Ext4("/1", Either("/dev/nvme0n1"))],
            "Unknown Unknown",
            ["a is unknown", "b is unknown"]
            ),
            ["namespaces, of which one does not freeze"] = (
            TwoDisks,
            [Ext4("/1", Either("/dev/nvme0n1")), Mount("/2", "vfat", true, Either("/dev/nvme0n2"))],
            "Unknown Unknown",
            ["a is unknown: /2 (vfat)", "b is unknown"]
            ),
            ["namespaces, and a medium that nobody can place"] = (
            TwoDisks,
            [
                Ext4("/1", Either("/dev/nvme0n1")), Ext4("/2", Either("/dev/nvme0n2")),
                Mount("/cd", "iso9660", false, new DevicePlace.Unknown()),
            ],
            "Unknown Unknown",
            ["a is unknown", "b is unknown"]
            ),
            ["namespaces without devices"] = (
            TwoDisks, [Ext4("/1", Either(null)), Ext4("/2", Either(null))], "Unknown Unknown", ["a is unknown", "b is unknown"]),
        };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_disk_is_covered_as_its_writers_say(string name)
    {
        var (disks, mounts, covers, gaps) = Cases[name];
        var coverage = CoverageRules.Judge(disks, mounts);
        Assert.Equal(covers, string.Join(' ', coverage.Disks.Select(disk => disk.Cover)));
        Assert.True(gaps.Length == coverage.Gaps.Count, string.Join("; ", coverage.Gaps));
        Assert.All(gaps.Zip(coverage.Gaps), pair => Assert.Contains(pair.First, pair.Second, StringComparison.Ordinal));
        Assert.Equal(gaps.Length == 0, coverage.IsWhole);
    }

    /// <summary>To know less of a device, of a mount or of all of them never makes more of a point.</summary>
    [Fact]
    public void A_drafts_coverage_keeps_its_member_beyond() => Assert.Contains(
        "\"beyond\":[\"why\"]", JsonSerializer.Serialize(new Coverage([], ["why"])), StringComparison.Ordinal);

    [Fact]
    public void Removing_any_fact_never_raises_the_class() => AnyMachine.Sample(machine =>
    {
        var (disks, mounts) = machine;
        var known = Class(disks, mounts);
        Assert.True(Class(disks, null) <= known);
        for (var i = 0; i < mounts.Length; i++)
        {
            var mount = mounts[i];
            Assert.True(Class(disks, With(mount with { Places = null })) <= known, "places");
            Assert.True(Class(disks, With(mount with { Places = [new DevicePlace.Unknown()] })) <= known, "place");
            Assert.True(Class(disks, With(mount with { Writable = null })) <= known, "writable");
            foreach (var one in (mount.Places ?? []).OfType<DevicePlace.OneOf>().Where(one => one.Device is not null))
                Assert.True(
                    Class(disks, With(mount with { Places = [one with { Device = null }] })) <= known
                        || mount.Places!.Count > 1,
                    "device"
                );

            MountFacts[] With(MountFacts less) => [.. mounts.Select((other, at) => at == i ? less : other)];
        }
    });

    private static RecoveryClass Class(DiskFacts[] disks, MountFacts[]? mounts)
    {
        var coverage = CoverageRules.Judge(disks, mounts);
        return ProofRules.Classify(
            ProofRulesTests.Good with
            {
                Disks = [.. coverage.Disks.Select(disk => disk.Cover)],
                Contained = coverage.Outside.Count == 0,
            }
        );
    }

    private static readonly Gen<DevicePlace> Places = Gen.OneOf<DevicePlace>(
        Pick("a", "b", "x").Select(DevicePlace (name) => On(name)), Pick<string?>("/dev/1", "/dev/2", null).Select(
            DevicePlace (device) => Either(device)),
        Gen.Bool.Select(DevicePlace (excluded) => Elsewhere(excluded)), Gen.Const((DevicePlace)new DevicePlace.Unknown()));

    private static readonly Gen<MountFacts> AnyMount = Gen.Select(
        Pick("ext4", "xfs", "btrfs", "vfat", "iso9660"), Pick<bool?>(true, false, null), Places.Array[0, 2],
        (type, writable, places) => Mount("/m", type, writable, places));

    private static readonly Gen<(DiskFacts[] Disks, MountFacts[] Mounts)> AnyMachine = Gen.Select(
        Pick(DiskRole.Cut, DiskRole.Excluded, DiskRole.NotWritten, DiskRole.PassedThrough), AnyMount.Array[0, 4],
        (role, mounts) => ((DiskFacts[])[.. TwoDisks, new("x", role)], mounts));

    private static Gen<T> Pick<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static MountFacts Ext4(string mountpoint, params DevicePlace[] places) => Mount(mountpoint, "ext4", true, places);

    private static MountFacts Mount(string mountpoint, string type, bool? writable, params DevicePlace[] places) =>
        new("sda1", mountpoint, type, writable, places);

    private static MountFacts Named(string device, string mountpoint, string type) => new(device, mountpoint, type, null, []);

    private static DevicePlace.OneOf On(string disk) => new([disk], null);

    private static DevicePlace.OneOf Either(string? device) => new(["a", "b"], device);

    private static DevicePlace.Elsewhere Elsewhere(bool excluded = false) => new("vhost0", excluded);
}

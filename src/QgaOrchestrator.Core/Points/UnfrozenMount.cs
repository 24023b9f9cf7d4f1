namespace QgaOrchestrator.Core.Points;

/// <summary>Why a freeze does not reach a mount, or not well.</summary>
public enum MountKind
{
    /// <summary>Its bytes are elsewhere.</summary>
    Network,

    /// <summary>It writes through to another file system of the guest.</summary>
    Overlay,

    /// <summary>It freezes, but its device is a file on another file system that freezes, too.</summary>
    Loop,

    /// <summary>On a disk, and of a type that cannot freeze.</summary>
    CannotFreeze,
}

/// <summary>A mount that stays writable while its guest is frozen, or that hinders the freeze.</summary>
public sealed record UnfrozenMount(string Mountpoint, string Type, MountKind Kind)
{
    /// <summary>On Linux those with freeze_fs (fs/ioctl.c), since the agent passes over the refusal of any other; on Windows
    /// those that VSS takes.</summary>
    private static readonly HashSet<string> Freezing = new(StringComparer.OrdinalIgnoreCase)
    {
        "ext2",
        "ext3",
        "ext4",
        "xfs",
        "btrfs",
        "f2fs",
        "jfs",
        "reiserfs",
        "nilfs2",
        "gfs2",
        "ocfs2",
        "bcachefs",
        "ufs",
        "NTFS",
        "ReFS",
    };

    private static readonly HashSet<string> Network =
        ["nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "ceph", "afs", "lustre", "glusterfs", "beegfs"];

    /// <summary>Whether a file system of this type stands still in a freeze.</summary>
    public static bool Freezes(string type) => Freezing.Contains(type);

    /// <summary>Reads /proc/mounts of a Linux guest. Memory, and what is mounted read-only, is of no concern.</summary>
    public static IReadOnlyList<UnfrozenMount> Parse(string mounts) =>
    [
        .. from line in mounts.Split('\n')
           let fields = line.Split(' ')
           where fields.Length >= 4 && fields[3].Split(',').Contains("rw")
           let kind = KindOf(fields[0], fields[2])
           where kind is not null
           select new UnfrozenMount(MountTable.Unescape(fields[1]), fields[2], kind.Value),
    ];

    /// <summary>Reads /proc/swaps: the devices and files. Compressed memory (zram) is on no disk.</summary>
    public static IReadOnlyList<string> ParseSwaps(string swaps) =>
        [
            .. swaps
                .Split('\n')
                .Skip(1)
                .Select(line => line.Split([' ', '\t'], 2)[0])
                .Where(name => name.Length > 0 && !name.StartsWith("/dev/zram", StringComparison.Ordinal)),
        ];

    private static MountKind? KindOf(string device, string type) => type switch
    {
        _ when Network.Contains(type) || type.StartsWith("fuse.", StringComparison.Ordinal) && !device
            .StartsWith('/') && type != "fuse.lxcfs" => MountKind.Network,
        "overlay" or "aufs" => MountKind.Overlay,
        _ when device.StartsWith("/dev/loop", StringComparison.Ordinal) => MountKind.Loop,
        _ when device.StartsWith("/dev/", StringComparison.Ordinal) && type != "fuseblk" && !Freezes(type) =>
            MountKind.CannotFreeze,
        "fuseblk" or "zfs" => MountKind.CannotFreeze,
        _ => null,
    };
}

namespace QgaOrchestrator.Lab;

/// <summary>The small guest that deploy/demo/build-guest.sh makes, and the files next to it.</summary>
public sealed record Guest(string Directory)
{
    public string Kernel { get; init; } = Path.Combine(Directory, "vmlinux");

    public string Initramfs { get; init; } = Path.Combine(Directory, "initramfs.cpio");

    /// <summary>An ext4 disk of 64 MiB, to be copied for each disk of each VM.</summary>
    public string DiskTemplate => Path.Combine(Directory, "data.qcow2");

    /// <summary>Changes when the guest is built anew from other files.</summary>
    public string Stamp => File.ReadAllText(Path.Combine(Directory, "stamp")).Trim();

    /// <summary>Shared by demo and tests of one user: <c>QGA_LAB_GUEST</c>, else ~/.cache/qgaorchestrator/guest.</summary>
    public static string DefaultDirectory =>
        Environment.GetEnvironmentVariable("QGA_LAB_GUEST") is { Length: > 0 } set
            ? Path.GetFullPath(set)
            : Path.Combine(CacheDirectory, "guest");

    private static string CacheDirectory => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "qgaorchestrator");

    /// <summary>Builds the guest unless it stands there already; about 10 s, and a minute where packages are missing.</summary>
    public static async Task<Guest> EnsureAsync(string? directory = null)
    {
        var guest = new Guest(Path.GetFullPath(directory ?? DefaultDirectory));
        await Tool.MustAsync("bash", Path.Combine(AppContext.BaseDirectory, "guest-build", "build-guest.sh"), guest.Directory);
        return guest;
    }

    /// <summary>The guest for all of the agent's commands, next to the small one: with passwords, and fit to be
    /// suspended.</summary>
    public static async Task<Guest> EnsureFullAsync()
    {
        var guest = await EnsureAsync();
        await Tool.MustAsync("bash", Path.Combine(AppContext.BaseDirectory, "guest-build", "full-guest.sh"), guest.Directory);
        return guest with
        {
            Kernel = Path.Combine(guest.Directory, "bzImage"),
            Initramfs = Path.Combine(guest.Directory, "full-initramfs.cpio"),
        };
    }

    /// <summary>The guest with drivers for disks on many buses, next to the small one; with ext4.raw and
    /// uefi.raw.</summary>
    public static async Task<Guest> EnsureBusesAsync()
    {
        var guest = await EnsureAsync();
        await Tool.MustAsync("bash", Path.Combine(AppContext.BaseDirectory, "guest-build", "buses-guest.sh"), guest.Directory);
        return guest with { Initramfs = Path.Combine(guest.Directory, "buses-initramfs.cpio") };
    }

    /// <summary>Alone among all processes that use this guest, as long as the returned lock is not disposed.</summary>
    internal Task<FileStream> LockAsync() => Poll.ForAsync(
        $"turn at {Directory}", TimeSpan.FromMinutes(2), () => Task.FromResult(TryLock(Path.Combine(Directory, ".lab.lock"))));

    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}

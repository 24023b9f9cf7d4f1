using QgaOrchestrator.Lab;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>A file system of a few MiB that a test can fill: a tmpfs, unmounted with the test.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const int MiB = 1 << 20;
    private readonly string _directory;
    private readonly string _ballast;

    private SmallDisk(string directory) => (_directory, _ballast) = (directory, Path.Combine(directory, "ballast"));

    /// <summary>Skips the test with the reason where this user cannot mount.</summary>
    public static async Task<SmallDisk> MountAsync(string directory, int megabytes = 8)
    {
        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(Path.GetDirectoryName(directory)!, ownerOnly);
        Directory.CreateDirectory(directory, ownerOnly);
        var mount = await Tool.RunAsync(
            "mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=0700", "qga-small-disk", directory);
        Skip.If(mount.ExitCode != 0, $"a small file system cannot be mounted here: {mount.Error.Trim()}");
        return new SmallDisk(directory);
    }

    /// <summary>Takes all the room there is.</summary>
    public void Fill()
    {
        using var file = new FileStream(_ballast, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        for (var size = MiB; size > 0; size /= 2)
        {
            var bytes = new byte[size];
            while (TryWrite(file, bytes))
            {
            }
        }
    }

    public void MakeRoom() => File.Delete(_ballast);

    /// <summary>Lazily: a process that still holds a file of it ends with the test.</summary>
    public async ValueTask DisposeAsync() => await Tool.MustAsync("umount", "--lazy", _directory);

    private static bool TryWrite(FileStream file, byte[] bytes)
    {
        var end = file.Position;
        try
        {
            file.Write(bytes);
            return true;
        }
        catch (IOException)
        {
            file.SetLength(end);
            file.Position = end;
            return false;
        }
    }
}

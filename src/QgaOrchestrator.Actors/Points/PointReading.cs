using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Images;

namespace QgaOrchestrator.Actors.Points;

/// <summary>Reads the images of points whose files are on this host, and the files of their machines: to check them, and for who
/// restores elsewhere.</summary>
public sealed class PointReading(IViews views) : IDisposable
{
    /// <summary>Points that are checked at once: it is disk work, and the host's guests need the disk, too.</summary>
    private readonly SemaphoreSlim _checking = new(1);

    /// <summary>Each image against the catalog; every one is told, whatever the others are.</summary>
    /// <returns>Null: there is no such point.</returns>
    public async Task<CheckedPoint?> CheckAsync(string id, CancellationToken cancel)
    {
        if (await views.GetPointAsync(id) is not { } point) return null;
        await _checking.WaitAsync(cancel);
        try
        {
            var images = new List<CheckedImage>();
            foreach (var disk in point.Disks)
                images.Add(new(disk.Index, PathOf(point, disk), await WrongAsync(PathOf(point, disk), disk.Sha256, cancel)));
            var machine = new List<CheckedFile>();
            foreach (var file in point.Machine?.Files ?? [])
                machine.Add(new(PathOf(point, file), await WrongAsync(PathOf(point, file), file.Sha256, cancel)));
            return new(point, images, machine);
        }
        finally
        {
            _checking.Release();
        }
    }

    public void Dispose() => _checking.Dispose();

    /// <summary>Opens the image of a disk.</summary>
    public async Task<DiskReading> OpenAsync(string id, int index)
    {
        if (await views.GetPointAsync(id) is not { } point) return new DiskReading.NoSuchPoint();
        return point.Disks.FirstOrDefault(disk => disk.Index == index) is { } disk
            ? Open(point, PathOf(point, disk), disk.Sha256)
            : new DiskReading.NoSuchFile(point);
    }

    /// <summary>Opens a file of the machine.</summary>
    /// <param name="name">As the point names it.</param>
    public async Task<DiskReading> OpenMachineAsync(string id, string name)
    {
        if (await views.GetPointAsync(id) is not { } point) return new DiskReading.NoSuchPoint();
        return point.Machine?.Files.FirstOrDefault(file => file.File == name) is { } file
            ? Open(point, PathOf(point, file), file.Sha256)
            : new DiskReading.NoSuchFile(point);
    }

    private static DiskReading Open(RecoveryPoint point, string path, string sha256)
    {
        try
        {
            return HeldDirectory.OpenFile(path) is { } file
                ? new DiskReading.Open(point, sha256, file)
                : new DiskReading.Missing(point, $"{path} is missing");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new DiskReading.Missing(point, e.Message);
        }
    }

    private static async Task<string?> WrongAsync(string path, string sha256, CancellationToken cancel)
    {
        try
        {
            // QEMU's user can write there: a link would have us read another file.
            await using var file = HeldDirectory.OpenFile(path);
            if (file is null) return "it is missing";
            var sum = await ImageHash.Sha256Async(file, null, cancel);
            return string.Equals(sum, sha256, StringComparison.OrdinalIgnoreCase)
                ? null
                : $"it has changed: its SHA-256 is {sum}, and was {sha256}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <summary>A stored name may not lead to another directory.</summary>
    private static string PathOf(RecoveryPoint point, PointDisk disk) =>
        Path.Combine(point.Directory, Path.GetFileName(disk.File));

    private static string PathOf(RecoveryPoint point, PointMachineFile file) =>
        Path.Combine(PointFiles.MachineOf(point.Directory), Path.GetFileName(file.File));
}

/// <param name="Machine">The files of its machine.</param>
public sealed record CheckedPoint(
    RecoveryPoint Point, IReadOnlyList<CheckedImage> Images, IReadOnlyList<CheckedFile> Machine);

/// <param name="Wrong">A clause; null: it is as it was recorded.</param>
public sealed record CheckedFile(string File, string? Wrong);

/// <param name="Wrong">A clause; null: it is as it was recorded.</param>
public sealed record CheckedImage(int Index, string File, string? Wrong);

/// <summary>What became of the wish to read a disk of a point, or a file of its machine.</summary>
public abstract record DiskReading
{
    private DiskReading() { }

    public sealed record NoSuchPoint : DiskReading;

    public sealed record NoSuchFile(RecoveryPoint Point) : DiskReading;

    /// <param name="Why">A clause.</param>
    public sealed record Missing(RecoveryPoint Point, string Why) : DiskReading;

    /// <param name="Sha256">As it was recorded.</param>
    /// <param name="File">The caller closes it.</param>
    public sealed record Open(RecoveryPoint Point, string Sha256, FileStream File) : DiskReading;
}

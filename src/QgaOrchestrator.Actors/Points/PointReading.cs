using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Images;

namespace QgaOrchestrator.Actors.Points;

/// <summary>Reads the images of points whose files are on this host: to check them, and for who restores elsewhere.</summary>
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
                images.Add(new(disk.Index, PathOf(point, disk), await WrongAsync(point, disk, cancel)));
            return new(point, images);
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
        if (point.Disks.FirstOrDefault(disk => disk.Index == index) is not { } disk) return new DiskReading.NoSuchDisk(point);
        try
        {
            return HeldDirectory.OpenFile(PathOf(point, disk)) is { } file
                ? new DiskReading.Open(point, disk, file)
                : new DiskReading.Missing(point, $"{PathOf(point, disk)} is missing");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new DiskReading.Missing(point, e.Message);
        }
    }

    private static async Task<string?> WrongAsync(RecoveryPoint point, PointDisk disk, CancellationToken cancel)
    {
        try
        {
            // QEMU's user can write there: a link would have us read another file.
            await using var file = HeldDirectory.OpenFile(PathOf(point, disk));
            if (file is null) return "it is missing";
            var sum = await ImageHash.Sha256Async(file, null, cancel);
            return string.Equals(sum, disk.Sha256, StringComparison.OrdinalIgnoreCase)
                ? null
                : $"it has changed: its SHA-256 is {sum}, and was {disk.Sha256}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <summary>A stored name may not lead to another directory.</summary>
    private static string PathOf(RecoveryPoint point, PointDisk disk) =>
        Path.Combine(point.Directory, Path.GetFileName(disk.File));
}

public sealed record CheckedPoint(RecoveryPoint Point, IReadOnlyList<CheckedImage> Images);

/// <param name="Wrong">A clause; null: it is as it was recorded.</param>
public sealed record CheckedImage(int Index, string File, string? Wrong);

/// <summary>What became of the wish to read a disk of a point.</summary>
public abstract record DiskReading
{
    private DiskReading() { }

    public sealed record NoSuchPoint : DiskReading;

    public sealed record NoSuchDisk(RecoveryPoint Point) : DiskReading;

    /// <param name="Why">A clause.</param>
    public sealed record Missing(RecoveryPoint Point, string Why) : DiskReading;

    /// <param name="File">The caller closes it.</param>
    public sealed record Open(RecoveryPoint Point, PointDisk Disk, FileStream File) : DiskReading;
}

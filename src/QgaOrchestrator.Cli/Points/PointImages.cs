using QgaOrchestrator.Api;
using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Images;

namespace QgaOrchestrator.Cli.Points;

/// <summary>Checks a point's images, and makes new disks of them.</summary>
/// <param name="tell">A step that was done, a line.</param>
/// <param name="status">What is under way, replaced by the next.</param>
internal sealed class PointImages(QemuImg tool, Action<string> tell, Action<string> status)
{
    /// <summary>Each image against point.json, then by qemu-img; every one is told, whatever the others are.</summary>
    public async Task<PointReport> VerifyAsync(LocalPoint point, CancellationToken cancel)
    {
        var images = new List<ImageReport>();
        foreach (var disk in point.Point.Disks)
        {
            var wrong = await WrongAsync(point, disk, cancel).ConfigureAwait(false);
            images.Add(new ImageReport(disk.Index, point.PathOf(disk), wrong is null, wrong));
            tell($"disk {disk.Index}: {wrong ?? "SHA-256 as recorded, image without errors"}");
        }
        return new PointReport(point.Point.Id, images.TrueForAll(image => image.Good), images);
    }

    /// <summary>
    /// New images in <paramref name="directory"/>, all or none: nothing is made before every image is found good, and what
    /// was made is deleted where a later one fails.
    /// </summary>
    public async Task<PointReport> RestoreAsync(LocalPoint point, string directory, CancellationToken cancel)
    {
        var targets = Targets(point.Point, directory);
        var checkedImages = await VerifyAsync(point, cancel).ConfigureAwait(false);
        if (!checkedImages.Good)
            return checkedImages;

        Directory.CreateDirectory(directory);
        var made = new List<ImageReport>();
        try
        {
            foreach (var (disk, to) in targets)
            {
                await tool.RestoreAsync(
                    point.PathOf(disk), to, "qcow2", percent => status($"disk {disk.Index}: restoring {percent:0}%"), cancel)
                    .ConfigureAwait(false);
                made.Add(new ImageReport(disk.Index, to, true, null));
                tell($"disk {disk.Index}: restored to {to}");
            }
        }
        catch (Exception e) when (e is ImageException or IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            foreach (var image in made)
                File.Delete(image.File);
            if (e is OperationCanceledException)
                throw;
            throw new CommandFailedException($"Nothing is restored: {e.Message}");
        }
        return new PointReport(point.Point.Id, true, made);
    }

    /// <summary>The new image of each disk.</summary>
    /// <exception cref="CommandFailedException">One is there already.</exception>
    public static IReadOnlyList<(PointImage Disk, string To)> Targets(Point point, string directory)
    {
        List<(PointImage Disk, string To)> targets =
            [.. point.Disks.Select(disk => (disk, Path.Combine(directory, $"{point.Vm}-disk{disk.Index}.qcow2")))];
        return targets.Where(target => File.Exists(target.To)).Select(target => target.To).ToList() is { Count: > 0 } existing
            ? throw new CommandFailedException($"Nothing is restored: {string.Join(", ", existing)} exists.",
                "Restore never writes over an image: give another directory.")
            : targets;
    }

    private async Task<string?> WrongAsync(LocalPoint point, PointImage disk, CancellationToken cancel)
    {
        var file = point.PathOf(disk);
        if (!File.Exists(file))
            return $"{file} is missing";
        try
        {
            // QEMU's user can write there: a link would have us read, and restore, another file.
            using var image = HeldDirectory.OpenFile(file) ?? throw new FileNotFoundException($"{file} is missing");
            var length = Math.Max(1, image.Length);
            var sum = await ImageHash
                .Sha256Async(image, done => status($"disk {disk.Index}: reading {done * 100 / length}%"), cancel)
                .ConfigureAwait(false);
            if (!string.Equals(sum, disk.Sha256, StringComparison.OrdinalIgnoreCase))
                return $"{file} has changed: its SHA-256 is {sum}, and was {disk.Sha256}";
            status($"disk {disk.Index}: checking");
            await tool.CheckAsync(file, cancel).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is ImageException or IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}

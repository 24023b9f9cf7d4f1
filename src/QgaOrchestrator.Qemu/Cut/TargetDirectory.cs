using System.Globalization;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>The files of one point: <c>INDEX.qcow2</c> for each disk.</summary>
public static class TargetDirectory
{
    private const string Extension = ".qcow2";

    public static string Image(string directory, int disk) =>
        Path.Combine(directory, disk.ToString(CultureInfo.InvariantCulture) + Extension);

    /// <summary>Deletes the images, and the directory where nothing else is in it. Only where no QEMU writes them any more:
    /// after an undo, or when the QEMU process is gone. Idempotent.</summary>
    /// <exception cref="CutException">A file could not be deleted.</exception>
    public static void Delete(string directory)
    {
        try
        {
            // Where the path leads to a directory of somebody else's, nothing in that is ours to delete.
            using var held = HeldDirectory.TryOpen(directory);
            if (held is null) return;
            foreach (var image in Images(held.PathOf("."))) held.Delete(image);
            if (!Directory.EnumerateFileSystemEntries(held.PathOf(".")).Any()) Directory.Delete(directory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CutException($"an image that this node made in {directory} could not be deleted: {error.Message}",
                $"Delete {directory} by hand: nothing uses it any more.");
        }
    }

    private static IEnumerable<string> Images(string directory) => Directory.GetFiles(directory, "*" + Extension)
        .Where(file => int.TryParse(Path.GetFileNameWithoutExtension(file.AsSpan()), NumberStyles.None, null, out _))
        .Select(file => Path.GetFileName(file));
}

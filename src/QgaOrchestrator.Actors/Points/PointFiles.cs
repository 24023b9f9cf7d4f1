using System.Text.Json;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Actors.Points;

/// <summary>The files of a finished point on its target. QEMU's user can write there, too, so no link is followed.</summary>
internal static class PointFiles
{
    /// <summary>Where it lies, the directory is a point.</summary>
    public const string Description = "point.json";

    /// <summary>The point in a directory; null where there is none, or another user has put one there.</summary>
    public static RecoveryPoint? Read(string directory)
    {
        using var held = HeldDirectory.TryOpen(directory);
        return
            held?.ReadOwn(Description) is { } bytes
            && JsonSerializer.Deserialize(bytes, PointJson.Default.RecoveryPoint) is { } point
            ? point with { Directory = directory }
            : null;
    }

    /// <summary>The id in a directory's point.json; null: there is none, or it cannot be read.</summary>
    public static string? IdIn(string directory)
    {
        try
        {
            return Read(directory)?.Id;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Deletes point.json first: from then on the directory is not taken for a point. Then the images, then the directories
    /// if they are empty. Idempotent. Files that are not the point's stay.
    /// </summary>
    /// <exception cref="IOException">A file could not be deleted.</exception>
    public static (IReadOnlyList<string> Removed, IReadOnlyList<string> Missing, IReadOnlyList<string> Left) Delete(
        RecoveryPoint point
    )
    {
        List<string> removed = [], missing = [];
        string[] left;
        // A stored name may not lead to another directory.
        string[] names = [Description, .. point.Disks.Select(disk => Path.GetFileName(disk.File))];
        using (var held = HeldDirectory.TryOpen(point.Directory))
        {
            if (held is null) return ([], [.. names.Select(name => Path.Combine(point.Directory, name))], []);
            foreach (var name in names)
            {
                (Path.Exists(held.PathOf(name)) ? removed : missing).Add(Path.Combine(point.Directory, name));
                held.Delete(name);
                if (name == Description) held.Sync();
            }
            left =
            [
                .. Directory
                    .EnumerateFileSystemEntries(held.PathOf(""))
                    .Select(path => Path.Combine(point.Directory, Path.GetFileName(path)))
                    .Order(StringComparer.Ordinal),
            ];
        }
        if (left.Length > 0) return (removed, missing, left);
        Directory.Delete(point.Directory);
        DeleteEmpty(Path.GetDirectoryName(point.Directory)!);
        return (removed, missing, left);
    }

    /// <summary>The VM's directory. A backup that begins now may be making its own in it.</summary>
    private static void DeleteEmpty(string directory)
    {
        try
        {
            if (!Directory.EnumerateFileSystemEntries(directory).Any()) Directory.Delete(directory);
        }
        catch (IOException)
        {
            // It is no longer empty.
        }
    }
}

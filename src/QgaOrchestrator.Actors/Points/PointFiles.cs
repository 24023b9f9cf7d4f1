using System.Text.Json;
using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Actors.Points;

/// <summary>A finished point's files on its target.</summary>
internal static class PointFiles
{
    public const string Description = "point.json";

    /// <summary>The id that a directory's point.json tells; null where there is none, or none that can be read.</summary>
    public static string? IdIn(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(directory, Description)), PointJson.Default.RecoveryPoint)?.Id;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Deletes point.json first: from then on nobody takes the directory for a point. Then the images, then the directories
    /// that are empty. Idempotent. What is not the point's stays.
    /// </summary>
    /// <exception cref="IOException">A file could not be deleted.</exception>
    public static (IReadOnlyList<string> Removed, IReadOnlyList<string> Missing, IReadOnlyList<string> Left) Delete(RecoveryPoint point)
    {
        List<string> removed = [], missing = [];
        foreach (var name in point.Disks.Select(disk => disk.File).Prepend(Description))
        {
            // A name in a stored row is not trusted with a path.
            var file = Path.Combine(point.Directory, Path.GetFileName(name));
            (File.Exists(file) ? removed : missing).Add(file);
            if (Directory.Exists(point.Directory)) File.Delete(file);
        }
        if (!Directory.Exists(point.Directory)) return (removed, missing, []);
        string[] left = [.. Directory.EnumerateFileSystemEntries(point.Directory).Order(StringComparer.Ordinal)];
        if (left.Length == 0)
        {
            Directory.Delete(point.Directory);
            DeleteEmpty(Path.GetDirectoryName(point.Directory)!);
        }
        return (removed, missing, left);
    }

    /// <summary>The VM's directory. A backup that begins just now may have made its own in it.</summary>
    private static void DeleteEmpty(string directory)
    {
        try
        {
            if (!Directory.EnumerateFileSystemEntries(directory).Any()) Directory.Delete(directory);
        }
        catch (IOException)
        {
            // Not empty any more.
        }
    }
}

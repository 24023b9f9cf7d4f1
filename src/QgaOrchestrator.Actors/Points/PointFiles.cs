using System.Text.Json;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Actors.Points;

/// <summary>The files of a finished point on its target. QEMU's user can write there, too, so no link is followed.</summary>
internal static class PointFiles
{
    /// <summary>Where it lies, the directory is a point.</summary>
    public const string Description = "point.json";

    /// <summary>Where a point's files of its machine are.</summary>
    public static string MachineOf(string directory) => Path.Combine(directory, PointMachine.Directory);

    /// <summary>Deletes the machine of an attempt that made no point: whatever is in its directory, which only we write
    /// to.</summary>
    public static void DeleteMachine(string directory)
    {
        using var held = HeldDirectory.TryOpen(MachineOf(directory));
        if (held is null) return;
        foreach (var file in Directory.EnumerateFiles(held.PathOf("")).Select(path => Path.GetFileName(path)).ToList())
            held.Delete(file);
        Directory.Delete(held.Path);
    }

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
        string[] machine = [.. (point.Machine?.Files ?? []).Select(file => Path.GetFileName(file.File))];
        using (var held = HeldDirectory.TryOpen(point.Directory))
        {
            if (held is null) return ([], [.. names.Select(name => Path.Combine(point.Directory, name))], []);
            foreach (var name in names)
            {
                (Path.Exists(held.PathOf(name)) ? removed : missing).Add(Path.Combine(point.Directory, name));
                held.Delete(name);
                if (name == Description) held.Sync();
            }
            DeleteMachine(point, machine, removed, missing);
            left = Entries(held, point.Directory);
        }
        if (left.Length > 0) return (removed, missing, left);
        Directory.Delete(point.Directory);
        DeleteEmpty(Path.GetDirectoryName(point.Directory)!);
        return (removed, missing, left);
    }

    private static void DeleteMachine(RecoveryPoint point, string[] names, List<string> removed, List<string> missing)
    {
        var directory = MachineOf(point.Directory);
        using var held = HeldDirectory.TryOpen(directory);
        foreach (var name in names)
        {
            var isThere = held is not null && Path.Exists(held.PathOf(name));
            (isThere ? removed : missing).Add(Path.Combine(directory, name));
            if (isThere) held!.Delete(name);
        }

        if (held is not null && Entries(held, directory).Length == 0) Directory.Delete(directory);
    }

    private static string[] Entries(HeldDirectory held, string directory) =>
    [
        .. Directory.EnumerateFileSystemEntries(held.PathOf(""))
            .Select(path => Path.Combine(directory, Path.GetFileName(path)))
            .Order(StringComparer.Ordinal),
    ];

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

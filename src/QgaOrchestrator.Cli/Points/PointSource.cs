using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Points;

/// <summary>A point whose files are here. <paramref name="Directory"/> is an absolute path.</summary>
internal sealed record LocalPoint(Point Point, string Directory)
{
    public string PathOf(PointImage disk) => Path.Combine(Directory, disk.File);
}

/// <summary>Finds a point's files: by the path of its directory or its point.json, which needs no node, or by its id.</summary>
internal static class PointSource
{
    public const string FileName = "point.json";

    /// <param name="connect">The node, asked only for an id.</param>
    public static async Task<LocalPoint> FindAsync(string point, Func<QgaClient> connect, CancellationToken cancel)
    {
        if (File.Exists(Path.Combine(point, FileName)))
            return Read(Path.GetFullPath(Path.Combine(point, FileName)));
        if (File.Exists(point))
            return Read(Path.GetFullPath(point));
        if (point.Contains('/', StringComparison.Ordinal))
            throw new UsageException($"There is no {FileName} at {point}.");

        using var client = connect();
        var found = await client.GetPointAsync(point, cancel).ConfigureAwait(false);
        if (found.Directory is not { } directory || !Directory.Exists(directory))
            throw new CommandFailedException(
                $"The files of {found.Id} are not here: {found.Directory ?? "their directory is not known"}.",
                "Run qgactl where they are, or give the path of a copy of the directory."
            );
        return Checked(new LocalPoint(found, directory));
    }

    private static LocalPoint Read(string file)
    {
        try
        {
            if (
                JsonSerializer.Deserialize(File.ReadAllBytes(file), ApiJson.Default.Point) is
                { Id: not null, Vm: not null, Disks: not null } point
            )
                return Checked(new LocalPoint(point, Path.GetDirectoryName(file)!));
        }
        catch (JsonException e)
        {
            throw new CommandFailedException($"{file} is not a recovery point: {e.Message}");
        }
        throw new CommandFailedException($"{file} is not a recovery point: id, vm or disks are missing.");
    }

    /// <summary>Names in a file are not trusted with paths: they become names of files that are read and made.</summary>
    private static LocalPoint Checked(LocalPoint point)
    {
        foreach (var name in point.Point.Disks.Select(disk => disk.File).Append(point.Point.Vm))
            if (string.IsNullOrEmpty(name) || name is "." or ".." || name.Contains('/', StringComparison.Ordinal))
                throw new CommandFailedException($"The point {point.Point.Id} names '{name}', which is not a file name.");
        return point;
    }
}

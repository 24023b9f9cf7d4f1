using System.Text.Json;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Hosting;

namespace QgaOrchestrator.Cli.Points;

/// <summary>A point, here or elsewhere.</summary>
internal abstract record FoundPoint(Point Point);

/// <summary>A point whose files are on another machine: a node gives them.</summary>
internal sealed record RemotePoint(Point Point) : FoundPoint(Point);

/// <summary>A point whose files are here. <paramref name="Directory"/> is an absolute path.</summary>
internal sealed record LocalPoint(Point Point, string Directory) : FoundPoint(Point)
{
    public string PathOf(PointImage disk) => Path.Combine(Directory, disk.File);

    public string PathOf(MachineFile file) => Path.Combine(Directory, PointMachineFiles.Directory, file.File);
}

/// <summary>Finds a point: by the path of its directory or its point.json, which needs no node, or by its id.</summary>
internal static class PointSource
{
    public const string FileName = "point.json";

    /// <param name="connect">The node, asked only for an id.</param>
    public static async Task<FoundPoint> FindAsync(string point, Func<QgaClient> connect, CancellationToken cancel)
    {
        if (File.Exists(Path.Combine(point, FileName)))
            return Read(Path.GetFullPath(Path.Combine(point, FileName)));
        if (File.Exists(point))
            return Read(Path.GetFullPath(point));
        if (point.Contains('/', StringComparison.Ordinal))
            throw new UsageException($"There is no {FileName} at {point}.");

        using var client = connect();
        var found = await client.GetPointAsync(point, cancel).ConfigureAwait(false);
        return found.Directory is { } directory && File.Exists(Path.Combine(directory, FileName))
            ? Checked(new LocalPoint(found, directory))
            : Checked(new RemotePoint(found));
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
    private static T Checked<T>(T point) where T : FoundPoint
    {
        if (point.Point.Machine is { } machine && (machine is not { Kind: not null, Disks: not null, Missing: not null }
            || machine.Files?.Any(file => file is not { File: not null, Part: not null, Sha256: not null }) != false))
            throw new CommandFailedException(
                $"The point {point.Point.Id} describes its machine in a way that is not understood.");
        var machineFiles = (point.Point.Machine?.Files ?? []).Select(file => file.File);
        foreach (var name in point.Point.Disks.Select(disk => disk.File).Concat(machineFiles).Append(point.Point.Vm)
            .Append(point.Point.Id))
            if (string.IsNullOrEmpty(name) || name is "." or ".." || name.Contains('/', StringComparison.Ordinal))
                throw new CommandFailedException($"The point {point.Point.Id} names '{name}', which is not a file name.");
        return point;
    }
}

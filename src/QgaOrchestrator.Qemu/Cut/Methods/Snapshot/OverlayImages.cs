using System.Text.Json;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut.Methods.Snapshot;

/// <summary>Overlays beside their disks: what must hold for each, and how it is made, attached to nothing yet.</summary>
internal sealed class OverlayImages(IMonitor monitor, TargetImages images, CutNames names, CutLimits limits)
{
    private readonly Dictionary<string, BlockMedium> _media = [];

    /// <summary>Files that QEMU has opened as devices of the host.</summary>
    private readonly HashSet<string> _devices = [];

    /// <summary>Looks at the disks, and names an overlay for each.</summary>
    /// <exception cref="CutException">A disk cannot have one.</exception>
    public async Task<IReadOnlyList<OverlaidDisk>> PlanAsync(IReadOnlyList<PlannedDisk> disks)
    {
        foreach (var device in await QueryBlock.AskAsync(monitor, limits.Command).ConfigureAwait(false) ?? [])
        {
            if (device.Inserted is { NodeName: { } node } medium) _media[node] = medium;
        }

        foreach (var node in await QueryNamedBlockNodes.AskAsync(monitor, limits.Command).ConfigureAwait(false) ?? [])
        {
            if (node is { Drv: "host_device" or "host_cdrom", File: { } file }) _devices.Add(file);
        }

        var planned = disks.Select(Plan).ToList();
        foreach (var beside in disks.Zip(planned).GroupBy(pair => Path.GetDirectoryName(pair.Second.Overlay)!))
            RequireRoom(beside.Key, beside.Sum(pair => pair.First.Size));
        return planned;
    }

    public async Task MakeAsync(PlannedDisk disk, OverlaidDisk planned, CancellationToken cancel)
    {
        var job = names.Job(disk.Index);
        Require(planned, await images.CreateAsync(job, options =>
        {
            options.WriteString("driver", "file");
            options.WriteString("filename", planned.Overlay);
            options.WriteNumber("size", 0);
        }, cancel).ConfigureAwait(false));
        Require(planned, await images.CreateAsync(job, options =>
        {
            options.WriteString("driver", "qcow2");
            WriteFile(options, planned, cache: null);
            options.WriteNumber("size", disk.Size);
            options.WriteString("backing-file", planned.Base);
            options.WriteString("backing-fmt", disk.Format);
        }, cancel).ConfigureAwait(false));
        Require(planned, await images.AddAsync(json =>
        {
            json.WriteString("driver", "qcow2");
            json.WriteString("node-name", names.Overlay(disk.Index));
            json.WriteString("discard", "unmap");
            WriteCache(json, _media[disk.Node].Cache);
            WriteFile(json, planned, _media[disk.Node].Cache);
            json.WriteNull("backing");
        }).ConfigureAwait(false));
    }

    private OverlaidDisk Plan(PlannedDisk disk)
    {
        if (disk.File is { } path && IsDevice(path))
            throw new CutException($"disk {disk.Name} is the block device {path}, and no overlay can be made beside that",
                "Use the method full, or a storage hook (method hook) for a snapshot below QEMU.");
        if (disk.File is not ['/', ..] file || !File.Exists(file))
            throw new CutException(
                $"disk {disk.Name} is no file that this node sees ({disk.File ?? "no path"}), so no overlay fits beside it",
                "Use the method full for this VM."
            );
        if (ImageName.Of(null, _media.GetValueOrDefault(disk.Node)?.File).Shifted)
            throw new CutException(
                $"disk {disk.Name} begins inside of {file}, which an overlay's header cannot say",
                "Use the method full for this VM."
            );
        return new(disk.Index, disk.Node, file, Path.Combine(Path.GetDirectoryName(file)!, names.Overlay(disk.Index) + ".qcow2"));
    }

    /// <summary>Told by QEMU, and for a link to one (as oVirt makes them) by where it leads.</summary>
    private bool IsDevice(string path) => _devices.Contains(path) || IsBelowDev(path) || IsBelowDev(Target(path));

    private static bool IsBelowDev(string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);

    private static string Target(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException)
        {
            return path;
        }
    }

    /// <summary>A full file system would stop the guest, so there is room for all that it could write.</summary>
    private void RequireRoom(string directory, long bytes)
    {
        try
        {
            // The node removes the overlays itself, when they are committed. QEMU's user can write here, too.
            using var beside = HeldDirectory.Open(directory);
            beside.Delete(names.Overlay(0) + ".probe"); // an earlier version that was killed here has left it
            beside.RequireWritable();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException($"the node can make and remove no file in {directory}, beside the VM's disks: {e.Message}",
                "Give the node's user write access there, or use the method full.");
        }

        if (new DriveInfo(directory).AvailableFreeSpace is var free && free < bytes)
            throw new CutException(
                $"{free} bytes are free in {directory}; overlays of its disks may grow to {bytes}",
                "Free space there, or use the method full."
            );
    }

    private static void WriteFile(Utf8JsonWriter json, OverlaidDisk planned, BlockCache? cache)
    {
        json.WriteStartObject("file");
        json.WriteString("driver", "file");
        json.WriteString("filename", planned.Overlay);
        if (cache is not null) WriteCache(json, cache);
        json.WriteEndObject();
    }

    private static void WriteCache(Utf8JsonWriter json, BlockCache? cache)
    {
        if (cache is null) return;
        json.WriteStartObject("cache");
        json.WriteBoolean("direct", cache.Direct);
        json.WriteBoolean("no-flush", cache.NoFlush);
        json.WriteEndObject();
    }

    private void Require(OverlaidDisk planned, string? error)
    {
        if (error is null) return;
        var who = monitor.Process is { } qemu ? $"QEMU (uid {qemu.Uid})" : "QEMU";
        throw new CutException($"{who} cannot make the overlay {planned.Overlay}: {error}",
            $"Let {who} write to {Path.GetDirectoryName(planned.Overlay)}, or use the method full.");
    }
}

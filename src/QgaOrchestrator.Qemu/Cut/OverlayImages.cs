using System.Text.Json;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>Overlays beside their disks: what must hold for each, and how it is made, attached to nothing yet.</summary>
internal sealed class OverlayImages(IMonitor monitor, TargetImages images, CutNames names, CutLimits limits)
{
    private readonly Dictionary<string, BlockMedium> _media = [];

    /// <summary>Looks at the disks, and names an overlay for each.</summary>
    /// <exception cref="CutException">A disk cannot have one.</exception>
    public async Task<IReadOnlyList<OverlaidDisk>> PlanAsync(IReadOnlyList<PlannedDisk> disks)
    {
        if ((await QueryJobs.AskAsync(monitor, limits.Command).ConfigureAwait(false) ?? [])
            .FirstOrDefault(job => !names.Owns(job.Id) && !job.IsConcluded) is { } other)
            throw new CutException($"QEMU is at another job on the VM's disks: {other.Id} ({other.Type})", "Wait for its end, or cancel it, then run the backup again.");
        foreach (var device in await QueryBlock.AskAsync(monitor, limits.Command).ConfigureAwait(false) ?? [])
        {
            if (device.Inserted is { NodeName: { } node } medium) _media[node] = medium;
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
            options.WriteString("backing-fmt", _media[disk.Node].Drv is "file" or null ? "raw" : _media[disk.Node].Drv);
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
        var file = _media.GetValueOrDefault(disk.Node)?.File;
        if (file is not ['/', ..] || !File.Exists(file))
            throw new CutException($"disk {disk.Node} is no file that this node sees ({file ?? "no path"}), so no overlay can lie beside it",
                "Use the method full for this VM.");
        return new(disk.Index, disk.Node, file, Path.Combine(Path.GetDirectoryName(file)!, names.Overlay(disk.Index) + ".qcow2"));
    }

    /// <summary>A full file system would stop the guest, so there is room for all that it could write.</summary>
    private void RequireRoom(string directory, long bytes)
    {
        try
        {
            // The node removes the overlays itself, when they are committed. QEMU's user can write here, too.
            using var beside = HeldDirectory.Open(directory);
            var probe = names.Overlay(0) + ".probe";
            beside.Delete(probe); // a node that was killed here has left it, and tries this attempt again
            beside.CreateNew(probe, OwnFiles.File).Dispose();
            beside.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException($"the node can make and remove no file in {directory}, beside the VM's disks: {e.Message}",
                "Give the node's user write access there, or use the method full.");
        }

        if (new DriveInfo(directory).AvailableFreeSpace is var free && free < bytes)
            throw new CutException($"{free} bytes are free in {directory}; overlays of its disks may grow to {bytes}", "Free space there, or use the method full.");
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

using System.Text.Json;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Monitor;

namespace QgaOrchestrator.Qemu.Cut;

/// <summary>
/// Makes a disk's target through QEMU itself, whose uid, label and namespace decide what it can write later. It is fully
/// allocated, so that a full target fails here and not in the guest. That of a thin disk grows with what is copied: there has to
/// be room for what its storage holds.
/// </summary>
internal sealed class TargetImages(IMonitor monitor, TimeProvider time, CutNames names, CutLimits limits)
{
    /// <summary>What the images of thin disks may still grow by.</summary>
    private long _growth;

    public async Task MakeAsync(PlannedDisk disk, CancellationToken cancel)
    {
        var (file, job) = (names.FileNode(disk.Index), names.Job(disk.Index));
        Require(disk, await CreateAsync(job, File(disk), cancel).ConfigureAwait(false));
        Require(disk, await AddAsync(json =>
        {
            json.WriteString("driver", "file");
            json.WriteString("node-name", file);
            json.WriteString("filename", disk.Image);
        }).ConfigureAwait(false));
        await AllocateAsync(disk, cancel).ConfigureAwait(false);
        Require(disk, await AddAsync(json =>
        {
            json.WriteString("driver", "qcow2");
            json.WriteString("node-name", names.TargetNode(disk.Index));
            json.WriteString("file", file);
            if (disk.Thin is null) return;
            // Else zeros that its storage does not hold would be written as data.
            json.WriteString("discard", "unmap");
            json.WriteString("detect-zeroes", "unmap");
        }).ConfigureAwait(false));
        CheckReadable(disk);
    }

    private async Task AllocateAsync(PlannedDisk disk, CancellationToken cancel)
    {
        var job = names.Job(disk.Index);
        if (disk.Thin is { } thin) RequireRoom(disk, thin);
        else
        {
            var error = await CreateAsync(job, Qcow2(disk, "falloc"), cancel).ConfigureAwait(false);
            if (error is null) return;
            if (CutErrors.IsFull(error)) throw CutErrors.Target(error, disk.Image, monitor.Process);
            // The file system cannot reserve: the space is checked instead, for the whole growth of all disks from here on.
            if (Free(disk) is { } free && free < WithTables(disk.Size))
                throw CutErrors.Full(disk.Image, $"{free} bytes are free");
        }

        Require(disk, await CreateAsync(job, Qcow2(disk, null), cancel).ConfigureAwait(false));
    }

    private static long WithTables(long size) => size + size / 100 + (1 << 20);

    private void RequireRoom(PlannedDisk disk, ThinDisk thin)
    {
        _growth += WithTables(Math.Min(thin.Held ?? disk.Size, disk.Size));
        if (Free(disk) is not { } free || free >= _growth) return;
        throw new CutException(
            $"the target has no room for {disk.Image}: its disk's storage {(thin.Held is null ? "may hold" : "holds")} so much "
                + $"that {_growth} bytes are needed, and {free} are free",
            "Free space on the target, or choose another with the option target.");
    }

    private static long? Free(PlannedDisk disk)
    {
        try
        {
            return new DriveInfo(Path.GetDirectoryName(disk.Image)!).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static Action<Utf8JsonWriter> File(PlannedDisk disk) => options =>
    {
        options.WriteString("driver", "file");
        options.WriteString("filename", disk.Image);
        options.WriteNumber("size", 0);
    };

    private Action<Utf8JsonWriter> Qcow2(PlannedDisk disk, string? preallocation) => options =>
    {
        options.WriteString("driver", "qcow2");
        options.WriteString("file", names.FileNode(disk.Index));
        options.WriteNumber("size", disk.Size);
        if (preallocation is not null) options.WriteString("preallocation", preallocation);
    };

    /// <returns>Null: made. Else why not, in QEMU's words.</returns>
    public async Task<string?> CreateAsync(string job, Action<Utf8JsonWriter> options, CancellationToken cancel)
    {
        using var watch = new JobWatch(monitor, time, limits);
        var arguments = MonitorArguments.Write(json =>
        {
            json.WriteString("job-id", job);
            json.WriteStartObject("options");
            options(json);
            json.WriteEndObject();
        });
        if (await monitor.TryAsync("blockdev-create", arguments, limits.Command).ConfigureAwait(false) is { } refused)
            return refused;
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            var state = (await watch.LookAsync().ConfigureAwait(false)).FirstOrDefault(candidate => candidate.Id == job);
            if (state is null) return null;
            if (state.IsConcluded)
            {
                await monitor.DismissAsync(job, limits.Command).ConfigureAwait(false);
                return state.Error;
            }

            await watch.ChangedAsync(cancel).ConfigureAwait(false);
        }
    }

    public Task<string?> AddAsync(Action<Utf8JsonWriter> node) =>
        monitor.TryAsync("blockdev-add", MonitorArguments.Write(node), limits.Command);

    private void Require(PlannedDisk disk, string? error)
    {
        if (error is not null) throw CutErrors.Target(error, disk.Image, monitor.Process);
    }

    /// <summary>The node reads the image for its checksum: better to know now than after the copy.</summary>
    private void CheckReadable(PlannedDisk disk)
    {
        try
        {
            using var image = HeldDirectory.OpenFile(disk.Image) ?? throw new FileNotFoundException("it is not there");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            var owner = monitor.Process is { } qemu ? $"QEMU (uid {qemu.Uid})" : "QEMU";
            throw new CutException($"the node cannot read {disk.Image}, which {owner} made: {error.Message}",
                "The target needs the same path for QEMU and for the node, and a group that both belong to (Node.TargetGroup).");
        }
    }
}

namespace QgaOrchestrator.Qemu.Monitor.Queries;

/// <summary>query-block: the VM's disks. It touches each image's file, so a storage that hangs makes it late.</summary>
public static class QueryBlock
{
    /// <inheritdoc cref="MonitorQuery.AskAsync"/>
    public static async Task<IReadOnlyList<BlockDevice>?> AskAsync(IMonitor monitor, TimeSpan timeout) =>
        await MonitorQuery.AskAsync(monitor, "query-block", default, MonitorJson.Default.ListBlockDevice, timeout)
            .ConfigureAwait(false);
}

/// <param name="Device">The drive's id; empty with -blockdev.</param>
/// <param name="Qdev">The device: a path in QEMU's object model, or its id.</param>
/// <param name="Inserted">The medium, null for an empty drive.</param>
public sealed record BlockDevice(string? Device, string? Qdev, BlockMedium? Inserted);

/// <param name="NodeName">The active layer.</param>
/// <param name="Ro">Not writable.</param>
public sealed record BlockMedium(string? NodeName, bool Ro, string? Drv, string? File, BlockImage? Image)
{
    public BlockCache? Cache { get; init; }

    /// <summary>Told by this query since QEMU 4.2; null where there are none.</summary>
    public IReadOnlyList<DirtyBitmap>? DirtyBitmaps { get; init; }
}

/// <param name="Inconsistent">QEMU ended without storing it: it can be neither used nor enabled, only removed.</param>
public sealed record DirtyBitmap(string? Name, bool Inconsistent = false);

/// <summary>How the host's page cache is used.</summary>
public sealed record BlockCache(bool Direct, bool NoFlush);

/// <param name="VirtualSize">Bytes, as the guest sees the disk.</param>
public sealed record BlockImage(long VirtualSize, string? Filename, string? Format);

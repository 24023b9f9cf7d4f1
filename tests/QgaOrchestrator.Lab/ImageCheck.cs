using System.Globalization;

namespace QgaOrchestrator.Lab;

/// <summary>What a file system holds: the records, and the files that the guest wrote but never synced.</summary>
/// <param name="Empty">Files without content. The guest names a file only once it is written, so it has none of them.</param>
public sealed record DiskContent(RecordLog Records, int Files, int Empty);

/// <summary>What a disk image looks like.</summary>
/// <param name="NeedsRecovery">The journal holds changes that are not in place: cut while the file system was in use.</param>
/// <param name="FsckCode">Of e2fsck -fn. Alone it proves nothing: it skips a journal that it may not replay.</param>
/// <param name="AsItIs">Read without replaying the journal.</param>
/// <param name="Replayed">After e2fsck repaired a copy; null if there was nothing to repair.</param>
public sealed record ImageReport(
    string Image, long MinimumRecord, bool NeedsRecovery, int FsckCode, DiskContent AsItIs, DiskContent? Replayed)
{
    public IReadOnlyList<string> Faults =>
    [
        .. NeedsRecovery ? ["its journal needs recovery"] : (string[])[],
        .. FsckCode != 0 ? [$"e2fsck -fn ended with {FsckCode}"] : (string[])[],
        .. AsItIs.Records is { Damaged: > 0 } or { Gaps: > 0 }
            ? [$"{AsItIs.Records.Damaged} damaged records, {AsItIs.Records.Gaps} gaps"] : (string[])[],
        .. AsItIs.Records.Last < MinimumRecord || AsItIs.Records.Last == 0
            ? [$"the last record is {AsItIs.Records.Last}, the guest had synced {MinimumRecord}"] : (string[])[],
        .. AsItIs.Empty > 0 ? [$"{AsItIs.Empty} of {AsItIs.Files} files are empty"] : (string[])[],
        .. Replayed is { Empty: > 0 }
            ? [$"{Replayed.Empty} of {Replayed.Files} files are empty even after the journal was replayed"] : (string[])[],
    ];

    public bool Passed => Faults.Count == 0;

    public override string ToString() => Passed
        ? $"{Image}: good, {AsItIs.Records.Whole} records up to {AsItIs.Records.Last} (synced before the cut: "
            + $"{MinimumRecord}), {AsItIs.Files} files"
        : $"{Image}: NOT GOOD: {string.Join("; ", Faults)}";
}

/// <summary>
/// Checks a disk of the lab's guest. The image is read and never changed. Passed means: no journal to recover, e2fsck finds
/// nothing, every record is whole and follows the one before, up to at least the one synced before the cut, no file is empty.
/// </summary>
public static class ImageCheck
{
    public static async Task<ImageReport> RunAsync(string image, long minimumRecord)
    {
        var work = Directory.CreateTempSubdirectory("qga-check-").FullName;
        try
        {
            var raw = Path.Combine(work, "disk.raw");
            await Tool.MustAsync("qemu-img", "convert", "-O", "raw", image, raw);
            var header = await Tool.MustAsync("dumpe2fs", "-h", raw);
            var needsRecovery = header.Contains("needs_recovery", StringComparison.Ordinal);
            var fsck = (await Tool.RunAsync("e2fsck", "-fn", raw)).ExitCode;
            var asItIs = await ContentAsync(raw, work);
            DiskContent? replayed = null;
            if (needsRecovery || fsck != 0)
            {
                await Tool.RunAsync("e2fsck", "-fy", raw);
                replayed = await ContentAsync(raw, work);
            }
            return new(image, minimumRecord, needsRecovery, fsck, asItIs, replayed);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static async Task<DiskContent> ContentAsync(string raw, string work)
    {
        var log = Path.Combine(work, "log");
        File.Delete(log);
        await Tool.RunAsync("debugfs", "-R", $"dump /log {log}", raw);
        var records = RecordLog.Read(File.Exists(log) ? await File.ReadAllBytesAsync(log) : []);
        var listing = (await Tool.RunAsync("debugfs", "-R", "ls -p /churn", raw)).Output;
        var sizes = listing.Split('\n').Select(SizeOfFile).OfType<long>().ToList();
        return new(records, sizes.Count, sizes.Count(size => size == 0));
    }

    /// <summary>From <c>/inode/mode/uid/gid/name/size/</c>; null for folders and for files still being written.</summary>
    private static long? SizeOfFile(string line) =>
        line.Split('/') is ["", _, ['1', '0', ..], _, _, var name, var size, ..] && !name.EndsWith(
            ".tmp", StringComparison.Ordinal)
            ? long.Parse(size, CultureInfo.InvariantCulture)
            : null;
}

using System.Net;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Cli.Output;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Images;

namespace QgaOrchestrator.Cli.Points;

/// <summary>
/// Copies a point's images here, each into a file that ends in .part in a directory of the point's own. What broke off is
/// resumed, by this call or a later one, and nothing there looks whole.
/// </summary>
internal sealed class PointDownload(QgaClient client, Action<string> status, TimeProvider time)
{
    private const int MostTries = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Where a point's images wait until they are checked.</summary>
    private static string Staging(string directory, Point point) => Path.Combine(directory, $".{point.Id}.download");

    /// <summary>Copies the images, and makes new disks of them; what was copied goes when they are made.</summary>
    public async Task<PointReport> RestoreAsync(PointImages images, Point point, string directory, CancellationToken cancel)
    {
        // Before hours of copying.
        PointImages.Targets(point, directory);
        var copy = await RunAsync(point, directory, cancel).ConfigureAwait(false);
        var report = await images.RestoreAsync(copy, directory, cancel).ConfigureAwait(false);
        if (report.Good) Directory.Delete(copy.Directory, recursive: true);
        return report;
    }

    /// <returns>The point as if its files were here; they are not checked yet.</returns>
    private async Task<LocalPoint> RunAsync(Point point, string directory, CancellationToken cancel)
    {
        var staging = Staging(directory, point);
        Directory.CreateDirectory(directory);
        if (!Directory.Exists(staging)) Directory.CreateDirectory(staging, OwnFiles.Directory);
        using var held = HeldDirectory.Open(staging);
        foreach (var disk in point.Disks) await CopyAsync(point, disk, held, cancel).ConfigureAwait(false);
        return new LocalPoint(
            point with { Disks = [.. point.Disks.Select(disk => disk with { File = PartOf(disk) })] }, staging);
    }

    private static string PartOf(PointImage disk) => $"{disk.Index}.part";

    /// <summary>A connection that breaks is made again as long as bytes come.</summary>
    private async Task CopyAsync(Point point, PointImage disk, HeldDirectory staging, CancellationToken cancel)
    {
        for (var tries = 0; ;)
        {
            using var part = staging.Append(PartOf(disk), OwnFiles.File);
            // Longer than the image: of another time.
            if (part.Length > disk.Bytes) part.SetLength(0);
            if (disk.Bytes is { } whole && part.Length == whole)
            {
                if (await IsRightAsync(disk, staging, cancel).ConfigureAwait(false)) return;
                part.SetLength(0);
            }
            var before = part.Length;
            try
            {
                await ReadAsync(point, disk, part, cancel).ConfigureAwait(false);
                return;
            }
            catch (NodeUnreachableException) when (part.Length > before || ++tries < MostTries)
            {
                if (part.Length > before) tries = 0;
                status($"disk {disk.Index}: the connection broke, trying again");
            }
            await Task.Delay(Pause, time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>What an earlier call has left may be of an image that was not good.</summary>
    private async Task<bool> IsRightAsync(PointImage disk, HeldDirectory staging, CancellationToken cancel)
    {
        status($"disk {disk.Index}: reading what is here");
        using var kept = staging.Read(PartOf(disk));
        return kept is not null
            && string.Equals(
                await ImageHash.Sha256Async(kept, null, cancel).ConfigureAwait(false), disk.Sha256,
                StringComparison.OrdinalIgnoreCase);
    }

    private async Task ReadAsync(Point point, PointImage disk, FileStream part, CancellationToken cancel)
    {
        var length = Math.Max(1, disk.Bytes ?? disk.Size);
        try
        {
            await client.ReadPointDiskAsync(
                point.Id, disk.Index, disk.Sha256, part.Length,
                at =>
                {
                    part.SetLength(at);
                    part.Seek(0, SeekOrigin.End);
                    return new ShownStream(part, () => status($"disk {disk.Index}: copying {part.Length * 100 / length}%"));
                },
                cancel).ConfigureAwait(false);
            part.Flush(flushToDisk: true);
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            // Nothing is left to read.
        }
    }

    private sealed class ShownStream(Stream inner, Action written) : Stream
    {
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => inner.Length;
        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            inner.Write(buffer, offset, count);
            written();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            written();
        }
    }
}

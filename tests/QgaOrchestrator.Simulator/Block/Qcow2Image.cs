using System.Buffers.Binary;
using System.Text;

namespace QgaOrchestrator.Simulator;

/// <summary>
/// The smallest valid qcow2 (version 3) image: 64 KiB clusters, 16-bit reference counts, and at most the first cluster
/// written. `qemu-img info`, `check` and `convert` accept it. Layout by docs/interop/qcow2.txt of QEMU.
/// </summary>
public static class Qcow2Image
{
    private const int Cluster = 65536;
    private const int ClusterBits = 16;
    private const ulong Copied = 1UL << 63;

    /// <summary>(Re)writes the image in place, as a running QEMU does with an open file.</summary>
    /// <param name="size">Virtual size in bytes, up to 4 TiB (one cluster of level-1 table).</param>
    /// <param name="content">What stands at the guest's offset 0, up to 64 KiB; null: nothing is written.</param>
    public static void Write(
        string path, long size, byte[]? content = null, string? backingFile = null, string? backingFormat = null)
    {
        // Clusters: 0 header, 1 reference table, 2 reference block, 3 level 1, then 4 level 2 and 5 data if there is content.
        // Only their first bytes are written, the rest are holes: a fleet's images cost little time and no room.
        var clusters = content is null ? 4 : 6;
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.SetLength(0);
        PutAt(file, 0, Header(size, backingFile, backingFormat));
        PutAt(file, 1, Number(2 * Cluster));
        PutAt(file, 2, [.. Enumerable.Range(0, clusters).SelectMany(_ => new byte[] { 0, 1 })]);
        if (content is not null)
        {
            PutAt(file, 3, Number(Copied | (4 * Cluster)));
            PutAt(file, 4, Number(Copied | (5 * Cluster)));
            PutAt(file, 5, content.AsSpan(0, Math.Min(content.Length, Cluster)));
        }
        file.SetLength(clusters * (long)Cluster);
    }

    /// <summary>The virtual size, or null if the file is no qcow2 image.</summary>
    public static long? SizeOf(string path)
    {
        Span<byte> header = stackalloc byte[32];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (file.ReadAtLeast(header, 32, throwOnEndOfStream: false) < 32) return null;
        return header.StartsWith("QFI\xFB"u8[..3]) && header[3] == 0xFB
            ? BinaryPrimitives.ReadInt64BigEndian(header[24..])
            : null;
    }

    /// <summary>What a simulated copy or disk holds at offset 0, as text; empty if nothing was written.</summary>
    public static string ContentOf(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (file.Length < 6 * Cluster) return "";
        var content = new byte[Cluster];
        file.Position = 5 * Cluster;
        file.ReadExactly(content);
        return Encoding.UTF8.GetString(content.AsSpan().TrimEnd((byte)0));
    }

    private static void PutAt(FileStream file, int cluster, ReadOnlySpan<byte> bytes) =>
        RandomAccess.Write(file.SafeFileHandle, bytes, cluster * (long)Cluster);

    private static byte[] Number(ulong value)
    {
        var bytes = new byte[8];
        Put64(bytes, 0, value);
        return bytes;
    }

    private static byte[] Header(long size, string? backingFile, string? backingFormat)
    {
        const int headerLength = 104;
        var name = Encoding.UTF8.GetBytes(backingFile ?? "");
        var format = Encoding.ASCII.GetBytes(backingFormat ?? "qcow2");
        var image = new byte[headerLength + 8 + format.Length + 16 + name.Length];
        "QFI"u8.CopyTo(image);
        image[3] = 0xFB;
        Put32(image, 4, 3);
        Put32(image, 20, ClusterBits);
        Put64(image, 24, (ulong)size);
        Put32(image, 36, (uint)Math.Max(1, (size + (512L << 20) - 1) / (512L << 20)));
        Put64(image, 40, 3 * Cluster);
        Put64(image, 48, Cluster);
        Put32(image, 56, 1);
        Put32(image, 96, 4);
        Put32(image, 100, headerLength);
        if (backingFile is null) return image;
        Put32(image, headerLength, 0xE2792ACA);
        Put32(image, headerLength + 4, (uint)format.Length);
        format.CopyTo(image, headerLength + 8);
        var at = headerLength + 8 + ((format.Length + 7) / 8 * 8) + 8;
        Put64(image, 8, (ulong)at);
        Put32(image, 16, (uint)name.Length);
        name.CopyTo(image, at);
        return image;
    }

    private static void Put32(byte[] image, int at, uint value) => BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(at), value);

    private static void Put64(byte[] image, int at, ulong value) =>
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(at), value);
}

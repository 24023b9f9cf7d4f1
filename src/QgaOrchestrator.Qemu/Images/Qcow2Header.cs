using System.Buffers.Binary;
using QgaOrchestrator.Qemu.Files;

namespace QgaOrchestrator.Qemu.Images;

/// <summary>The fields of a qcow2 image's header that say whether it is a disk of its own (docs/interop/qcow2.txt of
/// QEMU).</summary>
/// <param name="Size">Virtual size in bytes.</param>
/// <param name="IsWhole">It names neither a backing file nor a data file.</param>
internal sealed record Qcow2Header(long Size, bool IsWhole)
{
    private const int Length = 80;
    private const ulong ExternalData = 1 << 2;

    /// <returns>Null where the file is no qcow2 image, or is not there.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static Qcow2Header? Read(string path)
    {
        Span<byte> header = stackalloc byte[Length];
        using var file = HeldDirectory.OpenFile(path);
        if (file is null)
            return null;
        if (
            file.ReadAtLeast(header, Length, throwOnEndOfStream: false) < Length
            || !header.StartsWith("QFI"u8)
            || header[3] != 0xFB
        )
            return null;
        var hasFeatures = BinaryPrimitives.ReadInt32BigEndian(header[4..]) >= 3;
        var backing = BinaryPrimitives.ReadInt64BigEndian(header[8..]);
        var data = hasFeatures && (BinaryPrimitives.ReadUInt64BigEndian(header[72..]) & ExternalData) != 0;
        return new(BinaryPrimitives.ReadInt64BigEndian(header[24..]), backing == 0 && !data);
    }
}

using System.Buffers;
using System.Security.Cryptography;

namespace QgaOrchestrator.Qemu.Images;

/// <summary>The checksum that a recovery point keeps of each of its images.</summary>
public static class ImageHash
{
    private const int Chunk = 1 << 20;

    /// <param name="progress">Bytes read so far.</param>
    /// <returns>SHA-256 of the file as it stands, 64 lower-case hexadecimal digits.</returns>
    public static async Task<string> Sha256Async(string file, Action<long>? progress, CancellationToken cancel)
    {
        var stream = new FileStream(
            file,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read,
            bufferSize: 0,
            FileOptions.SequentialScan | FileOptions.Asynchronous
        );
        await using var _ = stream.ConfigureAwait(false);
        return await Sha256Async(stream, progress, cancel).ConfigureAwait(false);
    }

    /// <summary>The same of a file that is open.</summary>
    public static async Task<string> Sha256Async(Stream stream, Action<long>? progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(Chunk);
        try
        {
            var done = 0L;
            while (await stream.ReadAsync(buffer.AsMemory(0, Chunk), cancel).ConfigureAwait(false) is > 0 and var read)
            {
                hash.AppendData(buffer, 0, read);
                progress?.Invoke(done += read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

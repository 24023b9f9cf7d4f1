using System.Security.Cryptography;
using QgaOrchestrator.Qemu.Cut;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>An image as it was written: length in bytes, SHA-256 in lower-case hexadecimal.</summary>
internal sealed record ImageSum(long Bytes, string Sha256)
{
    private const int Buffer = 1 << 20;

    /// <exception cref="CutException">The image cannot be read.</exception>
    public static ImageSum Of(string path, CancellationToken cancel)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1, FileOptions.SequentialScan);
            using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[Buffer];
            long total = 0;
            while (file.Read(buffer) is var count and > 0)
            {
                cancel.ThrowIfCancellationRequested();
                sum.AppendData(buffer, 0, count);
                total += count;
            }
            return new ImageSum(total, Convert.ToHexStringLower(sum.GetHashAndReset()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CutException($"the image {path} cannot be read: {e.Message}", "Give the node's user read access to the target");
        }
    }
}

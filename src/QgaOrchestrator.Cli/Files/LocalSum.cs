using System.Buffers;
using System.Security.Cryptography;

namespace QgaOrchestrator.Cli.Files;

/// <summary>The SHA-256 of a file of this machine, and of its beginnings.</summary>
internal static class LocalSum
{
    private const int Piece = 1024 * 1024;

    public static async Task<string> OfAsync(string path, long bytes, CancellationToken cancel)
    {
        using var sum = await BeginAsync(path, bytes, cancel).ConfigureAwait(false);
        return Hex(sum);
    }

    /// <summary>Of its first bytes, to be resumed.</summary>
    /// <exception cref="IOException">It has fewer.</exception>
    public static async Task<IncrementalHash> BeginAsync(string path, long bytes, CancellationToken cancel)
    {
        var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            using var file = File.OpenHandle(path);
            for (var at = 0L; at < bytes;)
            {
                var count = await RandomAccess.ReadAsync(file, buffer.AsMemory(0, (int)Math.Min(Piece, bytes - at)), at, cancel)
                    .ConfigureAwait(false);
                if (count == 0) throw new IOException($"{path} became shorter while it was read");
                sum.AppendData(buffer, 0, count);
                at += count;
            }
            return sum;
        }
        catch
        {
            sum.Dispose();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Lower-case hex; the sum can be resumed.</summary>
    public static string Hex(IncrementalHash sum) => Convert.ToHexStringLower(sum.GetCurrentHash());
}

using System.Globalization;
using System.Security.Cryptography;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors.Guests;

/// <summary>The SHA-256 of a guest's file, or of its beginning.</summary>
/// <param name="Bytes">How many it was asked of, fewer where the file has no more.</param>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="How">sha256sum: the guest computed it. read: its agent does not allow that, so they were read and summed
/// here.</param>
public sealed record GuestDigest(long Bytes, string Sha256, string How)
{
    public const string BySum = "sha256sum", ByReading = "read";

    /// <summary>A file that cannot be opened is told by the exit code 2, a guest without the programs by another.</summary>
    internal const string Script = """
        exec <"$1" || exit 2
        head -c "$2" | sha256sum
        """;

    private const int HexLength = 64;

    /// <summary>The slowest disk and processor that somebody would wait for.</summary>
    private const long LeastPerSecond = 4 * 1024 * 1024;

    /// <param name="bytes">Of so many from its beginning; null: of all.</param>
    /// <exception cref="GuestCallException">It cannot be read.</exception>
    public static async Task<GuestDigest> OfAsync(
        AgentCall call, string path, long? bytes, TimeProvider time, CancellationToken cancel)
    {
        await using var file = await OpenGuestFile.ForReadingAsync(call, path, time, cancel);
        var length = await file.LengthAsync(cancel);
        // Files of /proc have no size and hold something all the same.
        var count = (bytes, length) switch
        {
            ({ } asked, > 0 and { } there) => Math.Min(asked, there),
            ({ } asked, _) => asked,
            (null, > 0 and { } there) => there,
            _ => long.MaxValue,
        };
        return await SumAsync(call, path, count, time, cancel) ?? await ReadAsync(file, count, time, cancel);
    }

    /// <returns>Null: the guest cannot.</returns>
    private static async Task<GuestDigest?> SumAsync(
        AgentCall call, string path, long count, TimeProvider time, CancellationToken cancel)
    {
        if (count == long.MaxValue) return null;
        try
        {
            var limit = TimeSpan.FromSeconds(30 + count / LeastPerSecond);
            var end = await GuestProgram.ShellAsync(
                call,
                Script,
                [path, count.ToString(CultureInfo.InvariantCulture)],
                limit,
                time,
                cancel
            );
            return
                end is { ExitCode: 0, Out: [..] said }
                && said.Length > HexLength
                && said[..HexLength].All(char.IsAsciiHexDigitLower)
                ? new GuestDigest(count, said[..HexLength], BySum)
                : null;
        }
        catch (GuestCallException e) when (e.Reply is CallReply.AgentFailed || e.IsNotAllowed)
        {
            return null;
        }
    }

    private static async Task<GuestDigest> ReadAsync(OpenGuestFile file, long count, TimeProvider time, CancellationToken cancel)
    {
        using var sum = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var at = 0L;
        for (var size = ChunkSize.First; at < count;)
        {
            var since = time.GetTimestamp();
            var chunk = await file.ReadAsync(at, (int)Math.Min(size, count - at), cancel);
            sum.AppendData(chunk.Bytes);
            at += chunk.Bytes.Length;
            if (chunk.Eof || chunk.Bytes.Length == 0) break;
            size = ChunkSize.Next(size, time.GetElapsedTime(since));
        }
        return new GuestDigest(at, Convert.ToHexStringLower(sum.GetCurrentHash()), ByReading);
    }
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace QgaOrchestrator.Actors.Results;

/// <summary>
/// What commands and processes of runs gave back, beside the journal, which holds no output: <c>RUN/ITEM.json</c> and its
/// streams. Kept for 7 days and up to 1 GiB: the oldest runs go first, and where those under way alone need more, streams that
/// do not fit are not kept, and told as truncated.
/// </summary>
public sealed class ResultSpool(string directory, TimeProvider time, long most = 1L << 30)
{
    public static readonly TimeSpan Age = TimeSpan.FromDays(7);

    private const string Suffix = ".json";

    /// <summary>One that is full is not swept again for each stream.</summary>
    private static readonly TimeSpan SweepAgain = TimeSpan.FromMinutes(1);

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly Lock _gate = new();
    private long _bytes;
    private DateTimeOffset _sweptAt = DateTimeOffset.MinValue;

    /// <summary>The guest is about to be asked.</summary>
    /// <exception cref="IOException">It cannot be written, so the guest must not be asked.</exception>
    public ItemResult Begin(string run, ItemResult asked)
    {
        if (!Directory.Exists(PathOf(run)))
        {
            Directory.CreateDirectory(PathOf(run), OwnerOnly);
            lock (_gate) Sweep();
        }
        return Write(run, asked);
    }

    /// <summary>Replaces what is known of an item; its streams are written before.</summary>
    public ItemResult Write(string run, ItemResult result)
    {
        var path = PathOf(run, result.Item, Suffix);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(result, ResultJson.Default.ItemResult));
        File.Move(path + ".new", path, overwrite: true);
        return result;
    }

    public KeptStream Keep(string run, int item, string name, ReadOnlySpan<byte> bytes, bool truncated = false)
    {
        if (!Take(bytes.Length))
        {
            bytes = [];
            truncated = true;
        }
        File.WriteAllBytes(PathOf(run, item, $".{name}"), bytes);
        return new KeptStream(bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)), truncated);
    }

    /// <returns>Null: nothing was asked for this item, or it is kept no more.</returns>
    public ItemResult? Read(string run, int item)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(PathOf(run, item, Suffix)), ResultJson.Default.ItemResult);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>In the order of the items.</summary>
    public IEnumerable<ItemResult> List(string run) => Directory.Exists(PathOf(run))
        ? Directory.EnumerateFiles(PathOf(run), "*" + Suffix).Order(StringComparer.Ordinal)
            .Select(file => int.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture))
            .Select(item => Read(run, item)).OfType<ItemResult>()
        : [];

    /// <returns>Null: it is kept no more.</returns>
    public Stream? Open(string run, int item, string name)
    {
        try
        {
            return new FileStream(
                PathOf(run, item, $".{name}"), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <returns>False: there is no room for so many bytes.</returns>
    private bool Take(long bytes)
    {
        lock (_gate)
        {
            if (_bytes + bytes > most && time.GetUtcNow() - _sweptAt > SweepAgain) Sweep();
            if (_bytes + bytes > most) return false;
            _bytes += bytes;
            return true;
        }
    }

    /// <summary>Removes what is too old, and then the oldest runs until the rest fits; but not one whose item still needs what it
    /// wrote.</summary>
    private void Sweep()
    {
        (_sweptAt, _bytes) = (time.GetUtcNow(), 0);
        var oldest = (_sweptAt - Age).UtcDateTime;
        foreach (var run in new DirectoryInfo(directory).GetDirectories().OrderByDescending(run => run.LastWriteTimeUtc))
        {
            try
            {
                var bytes = run.EnumerateFiles().Sum(file => file.Length);
                if (
                    run.LastWriteTimeUtc < oldest
                    || (_bytes + bytes > most && List(run.Name).All(item => item.State is not null))
                )
                    run.Delete(recursive: true);
                else
                    _bytes += bytes;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
            {
                // Being written, or not ours to remove: the next sweep looks again.
            }
        }
    }

    private string PathOf(string run) => Path.Combine(directory, run);

    private string PathOf(string run, int item, string suffix) =>
        Path.Combine(PathOf(run), item.ToString("00000", CultureInfo.InvariantCulture) + suffix);
}

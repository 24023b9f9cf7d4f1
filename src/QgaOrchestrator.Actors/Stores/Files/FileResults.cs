using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Actors.Stores.Files;

/// <summary>A directory a run: <c>RUN/ITEM.json</c>, and beside it each stream as <c>RUN/ITEM.NAME</c>.</summary>
/// <param name="most">How many bytes all runs may have.</param>
public sealed class FileResults(string directory, TimeProvider time, long most = 1L << 30) : IResults
{
    private const string Suffix = ".json";

    /// <summary>A full directory is not swept again for each stream.</summary>
    private static readonly TimeSpan SweepAgain = TimeSpan.FromMinutes(1);

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly Lock _gate = new();
    private long _bytes;
    private DateTimeOffset _sweptAt = DateTimeOffset.MinValue;

    public ItemResult Begin(string run, ItemResult asked)
    {
        if (!Directory.Exists(PathOf(run)))
        {
            Directory.CreateDirectory(PathOf(run), OwnerOnly);
            lock (_gate) Sweep();
        }
        return Write(run, asked);
    }

    public ItemResult Write(string run, ItemResult result)
    {
        var path = PathOf(run, result.Item, Suffix);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(result, ResultJson.Default.ItemResult));
        File.Move(path + ".new", path, overwrite: true);
        return result;
    }

    public KeptStream Keep(string run, int item, string name, ReadOnlySpan<byte> bytes, bool truncated = false)
    {
        if (!Reserve(bytes.Length))
        {
            bytes = [];
            truncated = true;
        }
        File.WriteAllBytes(PathOf(run, item, $".{name}"), bytes);
        return new KeptStream(bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)), truncated);
    }

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

    public IEnumerable<ItemResult> List(string run) => Directory.Exists(PathOf(run))
        ? Directory.EnumerateFiles(PathOf(run), "*" + Suffix).Order(StringComparer.Ordinal)
            .Select(file => int.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture))
            .Select(item => Read(run, item)).OfType<ItemResult>()
        : [];

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

    /// <summary>Reserves room for so many bytes.</summary>
    private bool Reserve(long bytes)
    {
        lock (_gate)
        {
            if (_bytes + bytes > most && time.GetUtcNow() - _sweptAt > SweepAgain) Sweep();
            if (_bytes + bytes > most) return false;
            _bytes += bytes;
            return true;
        }
    }

    /// <summary>Removes what is too old, then the oldest runs until the rest fits, but none with an item under way.</summary>
    private void Sweep()
    {
        (_sweptAt, _bytes) = (time.GetUtcNow(), 0);
        var oldest = (_sweptAt - IResults.Age).UtcDateTime;
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
                // It is being written, or cannot be removed: the next sweep tries again.
            }
        }
    }

    private string PathOf(string run) => Path.Combine(directory, run);

    private string PathOf(string run, int item, string suffix) =>
        Path.Combine(PathOf(run), item.ToString("00000", CultureInfo.InvariantCulture) + suffix);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ItemResult))]
internal sealed partial class ResultJson : JsonSerializerContext;

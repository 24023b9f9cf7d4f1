using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace QgaOrchestrator.Actors.Stores.Files;

/// <summary>
/// A directory a run: its items in <c>RUN/items.jsonl</c> (<see cref="ResultLog"/>), and each stream that is too large for that
/// as <c>RUN/ITEM.NAME</c>. An earlier version wrote each item as <c>RUN/ITEM.json</c>, with all of its streams in files.
/// </summary>
/// <param name="most">How many bytes all runs may have.</param>
public sealed class FileResults(string directory, TimeProvider time, long most = 1L << 30) : IResults, IDisposable
{
    private const string LogName = "items.jsonl", EarlierSuffix = ".json";

    /// <summary>A stream of more bytes is a file.</summary>
    private const int SmallBytes = 4096;

    /// <summary>Runs whose file is kept open.</summary>
    private const int MostOpen = 16;

    /// <summary>A full directory is not swept again for each stream.</summary>
    private static readonly TimeSpan SweepAgain = TimeSpan.FromMinutes(1);

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ResultLog> _open = [];
    private long _bytes, _uses;
    private DateTimeOffset _sweptAt = DateTimeOffset.MinValue;

    public ItemResult Write(string run, ItemResult result, params IReadOnlyList<StreamBytes> streams)
    {
        var kept = result.Streams.Where(stream => streams.All(given => given.Name != stream.Key)).ToDictionary();
        var small = new Dictionary<string, SmallStream>();
        lock (_gate)
        {
            if (!Directory.Exists(PathOf(run)))
            {
                Directory.CreateDirectory(PathOf(run), OwnerOnly);
                Sweep(run);
            }
            foreach (var stream in streams)
            {
                var (bytes, truncated) = Reserve(run, stream.Bytes.Length) ? (stream.Bytes, stream.Truncated) : (default, true);
                if (bytes.Length <= SmallBytes) small[stream.Name] = new(bytes.ToArray(), truncated);
                else
                {
                    File.WriteAllBytes(PathOf(run, result.Item, $".{stream.Name}"), bytes.Span);
                    kept[stream.Name] = Describe(bytes.Span, truncated);
                }
            }
            var line = new ResultLine(result with { Streams = kept }, small.Count > 0 ? small : null);
            Opened(run).Append(line);
            return WithSmall(line);
        }
    }

    public ItemResult? Read(string run, int item)
    {
        lock (_gate)
            return Line(run, item) is { } line ? WithSmall(line) : Earlier(run, item);
    }

    public IEnumerable<ItemResult> List(string run)
    {
        if (!Directory.Exists(PathOf(run))) return [];
        var items = new SortedSet<int>(Directory.EnumerateFiles(PathOf(run), "*" + EarlierSuffix)
            .Select(file => int.Parse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture)));
        lock (_gate) items.UnionWith(Log(run)?.Items() ?? []);
        return items.Select(item => Read(run, item)).OfType<ItemResult>();
    }

    public Stream? Open(string run, int item, string name)
    {
        lock (_gate)
            if (Line(run, item)?.Small?.GetValueOrDefault(name) is { } small)
                return new MemoryStream(small.Bytes, writable: false);
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

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var log in _open.Values) log.Dispose();
            _open.Clear();
        }
    }

    private static KeptStream Describe(ReadOnlySpan<byte> bytes, bool truncated) =>
        new(bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)), truncated);

    private static ItemResult WithSmall(ResultLine line) => line.Small is not { } small ? line.Result : line.Result with
    {
        Streams = line.Result.Streams.Concat(small.Select(stream =>
            KeyValuePair.Create(stream.Key, Describe(stream.Value.Bytes, stream.Value.Truncated)))).ToDictionary(),
    };

    private ResultLine? Line(string run, int item) => Log(run)?.Read(item);

    private ItemResult? Earlier(string run, int item) =>
        PathOf(run, item, EarlierSuffix) is var path && File.Exists(path)
            ? JsonSerializer.Deserialize(File.ReadAllBytes(path), ResultJson.Default.ItemResult)
            : null;

    /// <returns>Null: nothing was written for this run, or it is no longer kept.</returns>
    private ResultLog? Log(string run) => _open.ContainsKey(run) || File.Exists(LogOf(run)) ? Opened(run) : null;

    private ResultLog Opened(string run)
    {
        if (!_open.TryGetValue(run, out var log))
        {
            if (_open.Count >= MostOpen) Close(_open.MinBy(open => open.Value.UsedAt).Key);
            log = _open[run] = new ResultLog(LogOf(run));
        }
        log.UsedAt = ++_uses;
        return log;
    }

    private void Close(string run)
    {
        if (_open.Remove(run, out var log)) log.Dispose();
    }

    /// <summary>Reserves room for so many bytes.</summary>
    private bool Reserve(string run, long bytes)
    {
        if (_bytes + bytes > most && time.GetUtcNow() - _sweptAt > SweepAgain) Sweep(run);
        if (_bytes + bytes > most) return false;
        _bytes += bytes;
        return true;
    }

    /// <summary>Removes what is too old, then the oldest runs until the rest fits, but none that may be under way.</summary>
    /// <param name="writing">The run that is being written to.</param>
    private void Sweep(string writing)
    {
        (_sweptAt, _bytes) = (time.GetUtcNow(), 0);
        var (oldest, quiet) = ((_sweptAt - IResults.Age).UtcDateTime, (_sweptAt - IResults.Quiet).UtcDateTime);
        foreach (var run in new DirectoryInfo(directory).GetDirectories().OrderByDescending(LastWritten))
        {
            try
            {
                var bytes = run.EnumerateFiles().Sum(file => file.Length);
                if (
                    run.Name != writing
                    && (LastWritten(run) < oldest
                        || (_bytes + bytes > most && LastWritten(run) < quiet
                            && List(run.Name).All(item => item.State is not null)))
                )
                {
                    Close(run.Name);
                    run.Delete(recursive: true);
                }
                else _bytes += bytes;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
            {
                // It cannot be read or removed: the next sweep tries again.
            }
        }
    }

    private DateTime LastWritten(DirectoryInfo run) =>
        File.Exists(LogOf(run.Name)) ? File.GetLastWriteTimeUtc(LogOf(run.Name)) : run.LastWriteTimeUtc;

    private string PathOf(string run) => Path.Combine(directory, run);

    private string LogOf(string run) => Path.Combine(directory, run, LogName);

    private string PathOf(string run, int item, string suffix) =>
        Path.Combine(PathOf(run), item.ToString("00000", CultureInfo.InvariantCulture) + suffix);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ItemResult))]
[JsonSerializable(typeof(ResultLine))]
[JsonSerializable(typeof(ResultKey))]
internal sealed partial class ResultJson : JsonSerializerContext;

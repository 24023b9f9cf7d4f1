using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Win32.SafeHandles;

namespace QgaOrchestrator.Actors.Stores.Files;

/// <summary>
/// One run's items in one file: a line of JSON each time an item is written, the last one of an item counts. Small streams are in
/// the line. Another object, as that of an earlier process, may have written to the file before. Its caller locks.
/// </summary>
internal sealed class ResultLog : IDisposable
{
    private const byte EndOfLine = (byte)'\n';

    /// <summary>A large file is read in pieces.</summary>
    private const int PieceBytes = 1 << 20;

    private readonly SafeFileHandle _file;
    private readonly SortedDictionary<int, Line> _lines = [];
    private long _known;
    private bool _isTorn;

    /// <exception cref="IOException">It cannot be written.</exception>
    public ResultLog(string path)
    {
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        // A loss of power may have left half a line, which must not become a part of the next one.
        var last = new byte[1];
        if (RandomAccess.GetLength(_file) is > 0 and var length && RandomAccess.Read(_file, last, length - 1) > 0
            && last[0] != EndOfLine)
            RandomAccess.Write(_file, [EndOfLine], length);
    }

    /// <summary>For its owner: the larger, the later it was used.</summary>
    public long UsedAt { get; set; }

    /// <summary>Items that the file has, in order.</summary>
    public IReadOnlyList<int> Items()
    {
        CatchUp();
        return [.. _lines.Keys];
    }

    public ResultLine? Read(int item)
    {
        CatchUp();
        return _lines.TryGetValue(item, out var line)
            ? JsonSerializer.Deserialize(Bytes(line.At, line.Length), ResultJson.Default.ResultLine)
            : null;
    }

    /// <exception cref="IOException">It cannot be written, and nothing of it is there.</exception>
    public void Append(ResultLine line)
    {
        using var bytes = new MemoryStream();
        // What an append that failed has left, and could not take back.
        if (_isTorn) bytes.WriteByte(EndOfLine);
        JsonSerializer.Serialize(bytes, line, ResultJson.Default.ResultLine);
        bytes.WriteByte(EndOfLine);
        var end = RandomAccess.GetLength(_file);
        try
        {
            RandomAccess.Write(_file, bytes.GetBuffer().AsSpan(0, (int)bytes.Length), end);
            _isTorn = false;
        }
        catch (IOException)
        {
            _isTorn = true;
            RandomAccess.SetLength(_file, end);
            _isTorn = false;
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Finds the lines that were written since, by whomever.</summary>
    private void CatchUp()
    {
        for (var size = PieceBytes; RandomAccess.GetLength(_file) - _known is > 0 and var left;)
        {
            var piece = Bytes(_known, (int)Math.Min(left, size)).AsSpan();
            var whole = piece.LastIndexOf(EndOfLine) + 1;
            if (whole == 0 && piece.Length == left) return;
            if (whole == 0) size *= 2;
            for (int at = 0, length; at < whole; at += length + 1)
            {
                length = piece[at..].IndexOf(EndOfLine);
                if (ItemOf(piece.Slice(at, length)) is { } item) _lines[item] = new(_known + at, length);
            }
            _known += whole;
        }
    }

    /// <summary>Null: the line is damaged, and tells nothing.</summary>
    private static int? ItemOf(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ResultJson.Default.ResultKey)?.Result.Item;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private byte[] Bytes(long at, int length)
    {
        var bytes = new byte[length];
        var read = 0;
        while (read < length && RandomAccess.Read(_file, bytes.AsSpan(read), at + read) is > 0 and var more) read += more;
        return bytes;
    }

    private readonly record struct Line(long At, int Length);
}

/// <param name="Result">Without what follows from the small streams.</param>
/// <param name="Small">Streams by name, as base64.</param>
internal sealed record ResultLine(ItemResult Result, IReadOnlyDictionary<string, SmallStream>? Small = null);

internal sealed record SmallStream(
    byte[] Bytes, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Truncated = false);

/// <summary>Of a line, whose it is.</summary>
internal sealed record ResultKey(ItemKey Result);

internal sealed record ItemKey(int Item);

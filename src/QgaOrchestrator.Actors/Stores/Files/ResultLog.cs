using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace QgaOrchestrator.Actors.Stores.Files;

/// <summary>
/// One run's items in one file: a line of JSON each time an item is written, the last one of an item counts. Small streams are in
/// the line. Another object, as that of an earlier process, may have written to the file before. Its caller locks.
/// </summary>
internal sealed class ResultLog : IDisposable
{
    private const byte EndOfLine = (byte)'\n';

    private readonly SafeFileHandle _file;
    private readonly SortedDictionary<int, Line> _lines = [];
    private long _known;

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

    public void Append(ResultLine line)
    {
        using var bytes = new MemoryStream();
        JsonSerializer.Serialize(bytes, line, ResultJson.Default.ResultLine);
        bytes.WriteByte(EndOfLine);
        RandomAccess.Write(_file, bytes.GetBuffer().AsSpan(0, (int)bytes.Length), RandomAccess.GetLength(_file));
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Finds the lines that were written since, by whomever.</summary>
    private void CatchUp()
    {
        var length = RandomAccess.GetLength(_file);
        if (length == _known) return;
        var bytes = Bytes(_known, (int)(length - _known)).AsSpan();
        for (int end, at = 0; (end = bytes[at..].IndexOf(EndOfLine)) >= 0; at += end + 1, _known += end + 1)
            if (ItemOf(bytes.Slice(at, end)) is { } item) _lines[item] = new(_known, end);
    }

    /// <summary>Null: the line is damaged, and tells nothing.</summary>
    private static int? ItemOf(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ResultJson.Default.ResultLine)?.Result.Item;
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

internal sealed record SmallStream(byte[] Bytes, bool Truncated);

using System.Buffers;

namespace QgaOrchestrator.Qemu.Wire;

/// <summary>
/// Frames a byte stream on '\n'. Each byte is scanned once and copied a constant number of times, however the stream is
/// chunked: a reply may be 128 MiB in chunks of a few KiB. A large line is read into the array that its receiver gets. One
/// reader at a time.
/// </summary>
/// <param name="receive">Waits for bytes and says how many it has put; 0 at the stream's end. Into an empty buffer it puts none,
/// and waits all the same.</param>
/// <param name="limit">Bytes of the longest line.</param>
public sealed class LineReader(Func<Memory<byte>, ValueTask<int>> receive, int limit = LineReader.DefaultLimit)
{
    /// <summary>Above the largest replies there are: 64 MiB for a file read, 45 MiB for both streams of an exec.</summary>
    public const int DefaultLimit = 128 << 20;

    /// <summary>Where nearly all lines fit. Lines up to that are copied out of it, and it stays.</summary>
    private const int Small = 16 << 10;

    /// <summary>A line beyond this is large.</summary>
    private const int Large = 1 << 20;

    private volatile int _largest;

    // The bytes between _start and _end have come and are in no line yet; up to _scanned there is no line's end.
    private byte[] _buffer = [];
    private bool _pooled;
    private int _start, _scanned, _end;

    /// <summary>What a large line that is to come may have at the most; 0 where that is not known. May be set at any time.</summary>
    public int Largest
    {
        set => _largest = value;
    }

    /// <summary>The next line, or null at the stream's end; half a line before the end is dropped, it is no message.</summary>
    /// <exception cref="InvalidDataException">A line is longer than the limit.</exception>
    public async ValueTask<WireLine?> ReadAsync()
    {
        while (true)
        {
            var at = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            _scanned = at < 0 ? _end : _scanned + at;
            if (_scanned - _start > limit)
                throw new InvalidDataException($"a line of more than {limit} bytes");
            if (at >= 0)
                return Take();
            if (_start == _end)
            {
                // An idle channel keeps no buffer, and there may be thousands.
                Release();
                await receive(Memory<byte>.Empty).ConfigureAwait(false);
            }
            MakeRoom();
            var read = await receive(_buffer.AsMemory(_end)).ConfigureAwait(false);
            if (read == 0)
                return null;
            _end += read;
        }
    }

    /// <summary>The line that ends at <see cref="_scanned"/>.</summary>
    private WireLine Take()
    {
        var line = _buffer.AsMemory(_start, _scanned - _start);
        _start = ++_scanned;
        if (_pooled)
            return WireLine.From(line.ToArray());
        // The receiver keeps this array; what came behind the line moves on to another.
        var rest = _buffer.AsSpan(_start, _end - _start);
        (_buffer, _pooled) = (ArrayPool<byte>.Shared.Rent(Math.Max(Small, rest.Length)), true);
        rest.CopyTo(_buffer);
        (_start, _scanned, _end) = (0, 0, rest.Length);
        return WireLine.From(line);
    }

    private void MakeRoom()
    {
        if (_end < _buffer.Length)
            return;
        var begun = _buffer.AsSpan(_start, _end - _start);
        if (_start > 0 && begun.Length <= _buffer.Length / 2)
        {
            begun.CopyTo(_buffer);
        }
        else
        {
            var larger = begun.IsEmpty
                ? ArrayPool<byte>.Shared.Rent(Small)
                : GC.AllocateUninitializedArray<byte>(LargerThan(begun.Length));
            begun.CopyTo(larger);
            var pooled = begun.IsEmpty;
            Release();
            (_buffer, _pooled) = (larger, pooled);
        }
        (_start, _scanned, _end) = (0, begun.Length, begun.Length);
    }

    private int LargerThan(int length)
    {
        var known = _largest;
        var larger = length >= Large && length <= known ? known : 2L * length;
        // One above: room for the line's end.
        return (int)Math.Min(larger, limit) + 1;
    }

    private void Release()
    {
        if (_pooled)
            ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _pooled) = ([], false);
        (_start, _scanned, _end) = (0, 0, 0);
    }
}

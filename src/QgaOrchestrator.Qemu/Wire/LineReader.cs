using System.Buffers;

namespace QgaOrchestrator.Qemu.Wire;

/// <summary>
/// Frames a byte stream on '\n'. Each byte is scanned once and copied a constant number of times, however the stream is
/// chunked: a reply may be 64 MiB in chunks of a few KiB. What no line holds costs no memory: bytes before a 0xFF, and a line
/// over the limit, are thrown away as they come and told as noise. One reader at a time.
/// </summary>
/// <param name="receive">Waits for bytes and says how many it has put; 0 at the stream's end. Into an empty buffer it puts none,
/// and waits all the same.</param>
/// <param name="memory">Where a long line takes its memory from.</param>
public sealed class LineReader(
    Func<Memory<byte>, CancellationToken, ValueTask<int>> receive, LineMemory memory, TimeProvider time)
{
    /// <summary>Where nearly all lines fit: the limit of a stream that was asked for nothing. Lines are copied out of
    /// it.</summary>
    public const int Small = 16 << 10;

    /// <summary>Noise is told in pieces of this size at least, or with the line that it stands before.</summary>
    private const int NoisePiece = 4 << 10;

    private volatile int _limit = Small;
    private volatile bool _isSecret;

    // The bytes between _start and _end have come and are in no line yet; up to _scanned there is no line's end and no 0xFF.
    private byte[] _buffer = [];
    private bool _pooled;
    private int _start, _scanned, _end;

    // Of the line that has begun: bytes thrown away before it, a 0xFF before it, and whether its rest is thrown away.
    private int _noise;
    private bool _afterSentinel, _skipping;

    // The memory of a line beyond LineMemory.Free, and who tells it to let go.
    private LineShare? _long, _largest;
    private volatile CancellationTokenSource? _letGo;
    private volatile bool _waits;

    /// <summary>
    /// Bytes of the longest line. May be set at any time: a line under way that is longer, or waits for memory, is thrown away.
    /// </summary>
    public int Limit
    {
        set
        {
            var lowered = value < _limit;
            _limit = value;
            if (lowered) _letGo?.Cancel();
        }
    }

    /// <summary>A line may repeat a secret: it lies in memory that does not move, and that is overwritten where it is not the
    /// receiver's. (Memory of the pool always is.)</summary>
    public bool IsSecret
    {
        set => _isSecret = value;
    }

    /// <summary>A line under way waits for memory that others hold.</summary>
    public bool WaitsForMemory => _waits;

    /// <summary>Ends a wait for memory, as the stream's end would end a wait for bytes.</summary>
    public void LetGo() => _letGo?.Cancel();

    /// <summary>The next line, or noise; null at the stream's end. Half a line before the end is dropped, it is no
    /// message.</summary>
    public async ValueTask<WireLine?> ReadAsync()
    {
        try
        {
            while (true)
            {
                if (Next() is { } line)
                    return line;
                if (_start == _end && !_skipping)
                {
                    // An idle channel keeps no buffer, and there may be thousands.
                    Release();
                    await receive(Memory<byte>.Empty, default).ConfigureAwait(false);
                }
                if (await ReceiveAsync().ConfigureAwait(false) is not { } read)
                    return Skip(LineFault.NoMemory);
                if (read == 0)
                {
                    Release();
                    return null;
                }
                _end += read;
            }
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>What the bytes that have come make whole; null where more must come.</summary>
    private WireLine? Next()
    {
        var fresh = _buffer.AsSpan(_scanned, _end - _scanned);
        if (fresh.IsEmpty)
            return null;
        var at = fresh.IndexOf((byte)'\n');
        var cut = (at < 0 ? fresh : fresh[..at]).LastIndexOf(WireLine.Sentinel);
        if (cut >= 0)
        {
            Drop(_scanned + cut + 1);
            (_afterSentinel, _skipping) = (true, false);
        }
        _scanned = at < 0 ? _end : _end - fresh.Length + at;
        if (_skipping || _scanned - _start > _limit)
            return at < 0 ? Skip(_skipping ? LineFault.None : LineFault.TooLong) : SkipToEnd();
        if (at >= 0)
            return Take();
        return _noise >= NoisePiece ? Noise(LineFault.None) : null;
    }

    /// <summary>Throws away what has come of the line, and what is still to come of it.</summary>
    private WireLine Skip(LineFault fault)
    {
        Drop(_end);
        _skipping = true;
        Release();
        return Noise(fault);
    }

    /// <summary>The end of a line that is thrown away has come.</summary>
    private WireLine SkipToEnd()
    {
        var fault = _skipping ? LineFault.None : LineFault.TooLong;
        Drop(++_scanned);
        (_afterSentinel, _skipping) = (false, false);
        return Noise(fault);
    }

    private void Drop(int upTo)
    {
        _noise += upTo - _start;
        _start = upTo;
    }

    private WireLine Noise(LineFault fault)
    {
        var noise = new WireLine(default, false) { Noise = _noise, Fault = fault };
        _noise = 0;
        return noise;
    }

    /// <summary>The line that ends at <see cref="_scanned"/>.</summary>
    private WireLine Take()
    {
        var line = _buffer.AsMemory(_start, _scanned - _start);
        _start = ++_scanned;
        var keeps = !_pooled && line.Length > _buffer.Length / 2;
        if (!keeps)
            line = Copy(line.Span);
        if (!_pooled)
        {
            // The receiver may keep this array; what came behind the line moves on to another.
            var rest = _buffer.AsSpan(_start, _end - _start);
            var next = ArrayPool<byte>.Shared.Rent(Math.Max(Small, rest.Length));
            rest.CopyTo(next);
            var length = rest.Length;
            if (keeps) _buffer = [];
            Release();
            (_buffer, _pooled, _end) = (next, true, length);
        }
        var taken = WireLine.From(line, _afterSentinel) with { Noise = _noise };
        (_noise, _afterSentinel) = (0, false);
        return taken;
    }

    /// <returns>Null: the line found no memory, or had to let go of it.</returns>
    private async ValueTask<int?> ReceiveAsync()
    {
        try
        {
            await MakeRoomAsync().ConfigureAwait(false);
            return await receive(_buffer.AsMemory(_end), _letGo?.Token ?? default).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_letGo is { IsCancellationRequested: true })
        {
            return null;
        }
    }

    private async ValueTask MakeRoomAsync()
    {
        if (_end < _buffer.Length)
            return;
        var begun = _end - _start;
        if (_start > 0 && begun <= _buffer.Length / 2)
        {
            _buffer.AsSpan(_start, begun).CopyTo(_buffer);
            (_start, _scanned, _end) = (0, begun, begun);
            return;
        }
        if (begun == 0)
        {
            Release();
            (_buffer, _pooled) = _isSecret ? (Allocate(Small), false) : (ArrayPool<byte>.Shared.Rent(Small), true);
            return;
        }
        var size = LargerThan(begun);
        if (size <= _buffer.Length)
            throw new InvalidDataException($"a line outgrew the {_buffer.Length} bytes that it had taken");
        if (size > LineMemory.Long)
            _largest ??= await TakeShareAsync(size).ConfigureAwait(false);
        else if (size > LineMemory.Free)
            _long ??= await TakeShareAsync(LineMemory.Long).ConfigureAwait(false);
        var larger = Allocate(size);
        _buffer.AsSpan(_start, begun).CopyTo(larger);
        ReleaseBuffer();
        _buffer = larger;
        (_start, _scanned, _end) = (0, begun, begun);
    }

    /// <summary>Twice as much while it is small, then all that the line may need: a large one is copied once.</summary>
    private int LargerThan(int length)
    {
        // One above: room for the line's end.
        var most = _largest?.Bytes ?? (Math.Max(_limit, length) + 1);
        return 2L * length <= LineMemory.Long ? Math.Min(2 * length, most) : most;
    }

    private async ValueTask<LineShare> TakeShareAsync(int size)
    {
        _waits = true;
        try
        {
            return await memory.TakeAsync(size, _letGo ??= new CancellationTokenSource(), time).ConfigureAwait(false);
        }
        finally
        {
            _waits = false;
        }
    }

    private void Release()
    {
        ReleaseBuffer();
        (_buffer, _pooled) = ([], false);
        (_start, _scanned, _end) = (0, 0, 0);
        _long?.Dispose();
        _largest?.Dispose();
        (_long, _largest, _letGo) = (null, null, null);
    }

    private void ReleaseBuffer()
    {
        if (_pooled)
            ArrayPool<byte>.Shared.Return(_buffer, clearArray: true);
        else if (_isSecret)
            Array.Clear(_buffer);
        _pooled = false;
    }

    private byte[] Copy(ReadOnlySpan<byte> line)
    {
        var copy = Allocate(line.Length);
        line.CopyTo(copy);
        return copy;
    }

    private byte[] Allocate(int length) => GC.AllocateUninitializedArray<byte>(length, pinned: _isSecret);
}

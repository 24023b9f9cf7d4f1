using System.Buffers;
using System.IO.Pipelines;

namespace QgaOrchestrator.Qemu.Wire;

/// <summary>
/// Frames a byte stream on '\n'. Each byte is scanned once and copied a constant number of times, however the stream is
/// chunked: a reply may be 128 MiB in chunks of a few KiB. One reader at a time.
/// </summary>
public sealed class LineReader(PipeReader pipe, int limit = LineReader.DefaultLimit)
{
    /// <summary>Above the largest replies there are: 64 MiB for a file read, 45 MiB for both streams of an exec.</summary>
    public const int DefaultLimit = 128 << 20;

    // The beginning of a line whose end has not come yet; handed over with the line, so it is never pooled.
    private byte[] _begun = [];
    private int _length;

    /// <summary>The next line, or null at the stream's end; half a line before the end is dropped, it is no message.</summary>
    /// <exception cref="InvalidDataException">A line is longer than the limit.</exception>
    public async ValueTask<WireLine?> ReadAsync(CancellationToken cancellation = default)
    {
        while (true)
        {
            var read = await pipe.ReadAsync(cancellation).ConfigureAwait(false);
            var buffer = read.Buffer;
            if (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Finish(buffer.Slice(0, end));
                pipe.AdvanceTo(buffer.GetPosition(1, end));
                return line;
            }
            Keep(buffer);
            pipe.AdvanceTo(buffer.End);
            if (read.IsCompleted || read.IsCanceled)
                return null;
        }
    }

    private WireLine Finish(ReadOnlySequence<byte> rest)
    {
        if (_length == 0)
        {
            EnsureWithinLimit(rest.Length);
            return WireLine.From(rest.ToArray());
        }
        Keep(rest);
        var line = WireLine.From(_begun.AsMemory(0, _length));
        _begun = [];
        _length = 0;
        return line;
    }

    private void Keep(ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        var needed = EnsureWithinLimit(_length + bytes.Length);
        if (needed > _begun.Length)
            Array.Resize(ref _begun, (int)Math.Min(limit, Math.Max(needed, 2L * _begun.Length)));
        bytes.CopyTo(_begun.AsSpan(_length));
        _length = needed;
    }

    private int EnsureWithinLimit(long length) =>
        length <= limit ? (int)length : throw new InvalidDataException($"a line of more than {limit} bytes");
}

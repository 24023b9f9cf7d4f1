using System.Text;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Wire;

/// <summary>A stream in the hands of a test: chunks in, the lines that they complete out, all on the test's thread.</summary>
internal sealed class ByteStream
{
    private readonly HandFed _source = new();
    private readonly LineReader _reader;
    private Task<WireLine?>? _next;

    public ByteStream(int limit = LineReader.DefaultLimit) => _reader = new(_source.ReceiveAsync, limit);

    public int Largest
    {
        set => _reader.Largest = value;
    }

    public List<WireLine> Feed(ReadOnlySpan<byte> chunk)
    {
        _source.Feed(chunk.ToArray());
        return Completed();
    }

    /// <summary>Latin-1, so that \u00ff is the byte 0xFF.</summary>
    public List<WireLine> Feed(string chunk) => Feed(Encoding.Latin1.GetBytes(chunk));

    public List<WireLine> End()
    {
        _source.End();
        return Completed();
    }

    private List<WireLine> Completed()
    {
        var lines = new List<WireLine>();
        while ((_next ??= _reader.ReadAsync().AsTask()).IsCompleted)
        {
            if (_next.GetAwaiter().GetResult() is not { } line)
                break;
            lines.Add(line);
            _next = null;
        }
        return lines;
    }
}

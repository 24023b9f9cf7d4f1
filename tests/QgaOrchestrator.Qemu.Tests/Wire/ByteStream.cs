using System.Text;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Wire;

/// <summary>A stream in the hands of a test: chunks in, the lines that they complete out, all on the test's thread.</summary>
internal sealed class ByteStream
{
    private readonly HandFed _source = new();
    private readonly LineReader _reader;
    private Task<WireLine?>? _next;

    public ByteStream(int limit = 48 << 20, LineMemory? memory = null, TimeProvider? time = null) =>
        _reader = new(_source.ReceiveAsync, memory ?? new LineMemory(2 * LineMemory.Long, 66 << 20), time ?? TimeProvider.System)
        {
            Limit = limit,
        };

    public int Limit
    {
        set => OnThisThread(() => _reader.Limit = value);
    }

    public bool WaitsForMemory => _reader.WaitsForMemory;

    public List<WireLine> Feed(ReadOnlySpan<byte> chunk)
    {
        var bytes = chunk.ToArray();
        OnThisThread(() => _source.Feed(bytes));
        return Completed();
    }

    /// <summary>Latin-1, so that \u00ff is the byte 0xFF.</summary>
    public List<WireLine> Feed(string chunk) => Feed(Encoding.Latin1.GetBytes(chunk));

    public List<WireLine> End()
    {
        OnThisThread(_source.End);
        return Completed();
    }

    /// <summary>What has come of it meanwhile: a wait for memory ends on another thread.</summary>
    public async Task<WireLine> NextAsync()
    {
        var line = await (_next ??= _reader.ReadAsync().AsTask()).WaitAsync(TimeSpan.FromSeconds(10));
        _next = null;
        return line!.Value;
    }

    /// <summary>What waits goes on inside of this: with a test's own context it would be queued.</summary>
    private static void OnThisThread(Action act)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            act();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
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

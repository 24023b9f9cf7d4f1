using System.Globalization;
using System.Threading.Channels;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Watchdog;

/// <summary>
/// Lines with their time, UTC. A thread of its own writes them: a reader that is gone, a full pipe or a stuck journald costs
/// lines and delays no thaw. What does not fit is counted, and the count is told.
/// </summary>
internal sealed class Log : IDisposable
{
    private const int MostWaiting = 1000;

    /// <summary>Bytes of a line, whatever a guest's agent has said in it.</summary>
    private const int Longest = 4096;

    /// <summary>For the last lines, at our end; a writer that is stuck keeps nobody longer.</summary>
    private static readonly TimeSpan LastLines = TimeSpan.FromSeconds(1);

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly TextWriter _writer;
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private long _dropped;

    internal Log(TextWriter writer, TimeProvider time)
    {
        (_writer, _time) = (writer, time);
        _thread = new Thread(Write) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    internal static Log Silent { get; } = new(TextWriter.Null, TimeProvider.System);

    /// <summary>Never waits.</summary>
    internal void Line(string text)
    {
        if (!_lines.Writer.TryWrite(Stamped(text))) Interlocked.Increment(ref _dropped);
    }

    public void Dispose()
    {
        _lines.Writer.TryComplete();
        _thread.Join(LastLines);
    }

    private string Stamped(string text) =>
        string.Create(
            CultureInfo.InvariantCulture, $"{_time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} {ForeignText.Message(text, Longest)}");

    private void Write()
    {
        while (_lines.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            while (_lines.Reader.TryRead(out var line))
            {
                WriteLine(line);
                if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
                    WriteLine(Stamped($"{dropped} lines are missing here: nobody read this log in time"));
            }
    }

    private void WriteLine(string line)
    {
        try
        {
            _writer.WriteLine(line);
        }
        catch (IOException)
        {
            // Nobody reads us any more.
        }
    }
}

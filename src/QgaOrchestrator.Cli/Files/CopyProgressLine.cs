using QgaOrchestrator.Cli.Hosting;
using QgaOrchestrator.Cli.Output;

namespace QgaOrchestrator.Cli.Files;

/// <summary>How far a copy is: one line that changes, on a terminal.</summary>
internal sealed class CopyProgressLine(CliHost host, string what, bool shown) : IDisposable
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(200);

    private readonly StatusLine _line = new(host.Out, shown);
    private readonly long _began = host.Time.GetTimestamp();
    private long _drawn;
    private long _at;
    private long? _total;

    /// <summary>Bytes that were copied in this call, those that came twice counted twice.</summary>
    public long Moved { get; private set; }

    public TimeSpan Took => host.Time.GetElapsedTime(_began);

    /// <summary>A try begins: so many are there already.</summary>
    public void Begin(long at, long? total)
    {
        (_at, _total) = (at, total);
        Draw();
    }

    public void Move(long bytes)
    {
        Moved += bytes;
        _at += bytes;
        if (host.Time.GetElapsedTime(_drawn) >= Redraw) Draw();
    }

    public void Say(string status)
    {
        if (shown) _line.Show($"{what}  {status}");
    }

    public void Dispose() => _line.Dispose();

    private void Draw()
    {
        _drawn = host.Time.GetTimestamp();
        if (!shown) return;
        var rate = Took > TimeSpan.Zero ? Moved / Took.TotalSeconds : 0;
        var speed = rate > 0 ? $", {Text.Bytes((long)rate)}/s" : "";
        if (_total is not > 0)
        {
            Say($"{Text.Bytes(_at)}{speed}");
            return;
        }
        var left = rate > 0 && _total > _at ? $", {Text.Span(TimeSpan.FromSeconds((_total.Value - _at) / rate))} left" : "";
        Say($"{Text.Bar((double)_at / _total.Value, 20)} {Text.Bytes(_at)} of {Text.Bytes(_total.Value)}{speed}{left}");
    }
}

using QgaOrchestrator.Actors;

namespace QgaOrchestrator.Node.Http;

/// <summary>Bytes per second over all copies of a run, as of the last seconds.</summary>
public sealed class CopyRate
{
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(10);
    private readonly Queue<(DateTimeOffset At, long Copied)> _seen = new();
    private readonly Dictionary<(int Item, int Attempt), long> _done = [];
    private long _copied;

    public double Observe(IReadOnlyList<ItemProgress> progress, DateTimeOffset now)
    {
        foreach (var item in progress)
        {
            var key = (item.Index, item.Attempt);
            // What was copied before we first looked is not of these seconds.
            if (_done.TryGetValue(key, out var before)) _copied += Math.Max(0, item.Done - before);
            _done[key] = item.Done;
        }
        _seen.Enqueue((now, _copied));
        while (_seen.Peek().At < now - Span) _seen.Dequeue();
        var (since, base0) = _seen.Peek();
        return now > since ? (_copied - base0) / (now - since).TotalSeconds : 0;
    }

    /// <summary>To the end of the run: VMs that have not begun are taken to be like those under way.</summary>
    public static double? SecondsLeft(double rate, long copied, long total, int running, int pending) =>
        rate > 0 && running > 0 && total > 0 ? (total - copied + ((double)total / running * pending)) / rate : null;
}

using QgaOrchestrator.Actors;

namespace QgaOrchestrator.Node.Http;

/// <summary>Bytes per second over all copies of a run, in the last seconds.</summary>
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
            // Bytes that were copied before the first look do not count.
            if (_done.TryGetValue(key, out var before)) _copied += Math.Max(0, item.Done - before);
            _done[key] = item.Done;
        }
        _seen.Enqueue((now, _copied));
        while (_seen.Peek().At < now - Span) _seen.Dequeue();
        var (since, sinceCopied) = _seen.Peek();
        return now > since ? (_copied - sinceCopied) / (now - since).TotalSeconds : 0;
    }

    /// <summary>To the end of the run, if VMs that have not begun are like those under way.</summary>
    public static double? SecondsLeft(double rate, long copied, long total, int running, int pending) =>
        rate > 0 && running > 0 && total > 0 ? (total - copied + ((double)total / running * pending)) / rate : null;
}

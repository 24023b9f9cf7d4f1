using QgaOrchestrator.Core;

namespace QgaOrchestrator.Actors;

/// <summary>
/// How long an actor that failed waits before it begins anew: 0.2 s, doubled with each failure up to 10 s, give or take a fifth.
/// Kept outside the actor, which forgets everything. A minute without a failure counts as health.
/// </summary>
public sealed class RestartPauses(TimeProvider time, Random chance)
{
    public static readonly TimeSpan Shortest =
        TimeSpan.FromSeconds(0.2), Longest = TimeSpan.FromSeconds(10), Healthy = TimeSpan.FromMinutes(1);

    private readonly Lock _counting = new();
    private readonly Dictionary<string, (int Count, long At)> _failures = [];

    /// <summary>This actor has failed; it begins anew after the pause.</summary>
    public TimeSpan Failed(string actor)
    {
        lock (_counting)
        {
            foreach (
                var (healthy, _) in _failures
                    .Where(failure => time.GetElapsedTime(failure.Value.At) >= Longest + Healthy)
                    .ToList()
            )
                _failures.Remove(healthy);
            var count = _failures.GetValueOrDefault(actor).Count + 1;
            _failures[actor] = (count, time.GetTimestamp());
            return Pause(count, chance.NextDouble());
        }
    }

    /// <param name="failures">From 1.</param>
    /// <param name="luck">From 0 to 1.</param>
    public static TimeSpan Pause(int failures, double luck) => Backoff.After(failures, Shortest, Longest, scatter: 0.2, luck);
}

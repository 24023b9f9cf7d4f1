using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors;

internal static class Clock
{
    /// <summary>A thread that is set aside between the reads of both clocks needs longer than this.</summary>
    private static readonly TimeSpan Apart = TimeSpan.FromMicroseconds(100);

    private const int Tries = 10;

    /// <summary>
    /// Now, on both clocks. The monotonic part counts from an arbitrary point of this process. A window's instants are told
    /// as UTC by their monotonic distance from its first, so one pair read apart would shift them all: a cut would seem
    /// later than the thaw after it.
    /// </summary>
    public static Moment Moment(this TimeProvider time)
    {
        for (var left = Tries; ; left--)
        {
            var (timestamp, utc) = (time.GetTimestamp(), time.GetUtcNow());
            if (left == 1 || time.GetElapsedTime(timestamp) <= Apart) return time.Moment(timestamp, utc);
        }
    }

    /// <summary>The moment that this timestamp of the same clock stands for.</summary>
    public static Moment Moment(this TimeProvider time, long timestamp, DateTimeOffset utc) =>
        new(time.GetElapsedTime(0, timestamp), utc);
}

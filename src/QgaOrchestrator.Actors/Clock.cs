using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors;

internal static class Clock
{
    /// <summary>Now, on both clocks. The monotonic part counts from an arbitrary point of this process.</summary>
    public static Moment Moment(this TimeProvider time) =>
        time.Moment(time.GetTimestamp(), time.GetUtcNow());

    /// <summary>The moment that this timestamp of the same clock stands for.</summary>
    public static Moment Moment(this TimeProvider time, long timestamp, DateTimeOffset utc) =>
        new(time.GetElapsedTime(0, timestamp), utc);
}

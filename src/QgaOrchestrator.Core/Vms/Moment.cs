namespace QgaOrchestrator.Core.Vms;

/// <summary>
/// An instant as one process sees it: limits are measured on <paramref name="Monotonic"/> (since any fixed point of this
/// process), so that a stepped wall clock cannot stretch a freeze; <paramref name="Utc"/> is for people and proofs.
/// </summary>
public readonly record struct Moment(TimeSpan Monotonic, DateTimeOffset Utc)
{
    public static Moment operator +(Moment moment, TimeSpan span) => new(moment.Monotonic + span, moment.Utc + span);

    /// <summary>The time from <paramref name="earlier"/> to <paramref name="later"/>, monotonic.</summary>
    public static TimeSpan operator -(Moment later, Moment earlier) => later.Monotonic - earlier.Monotonic;
}

namespace QgaOrchestrator.Actors.Tests;

public class ClockTests
{
    [Fact]
    public void Both_clocks_tell_one_instant_although_the_thread_was_set_aside_between_them()
    {
        var time = new SetAsideTime(times: 3);

        var (first, second) = (time.Moment(), time.Moment());

        Assert.Equal(second.Utc - first.Utc, second - first);
    }

    [Fact]
    public void A_thread_that_is_always_set_aside_is_told_a_moment_still() =>
        Assert.Equal(SetAsideTime.Pause * 10, new SetAsideTime(times: int.MaxValue).Moment().Utc - SetAsideTime.Start);

    /// <summary>A thread that, the first times, is set aside after it read the monotonic clock.</summary>
    private sealed class SetAsideTime(int times) : TimeProvider
    {
        public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
        public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        private TimeSpan _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now.Ticks;

        public override DateTimeOffset GetUtcNow()
        {
            if (times-- > 0) _now += Pause;
            return Start + _now;
        }
    }
}

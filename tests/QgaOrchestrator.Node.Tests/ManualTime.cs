namespace QgaOrchestrator.Node.Tests;

/// <summary>A clock that goes on only when a test says so; due timers ring inside <see cref="Advance"/>.</summary>
internal sealed class ManualTime : TimeProvider
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    private readonly List<(DateTimeOffset At, Action Ring)> _timers = [];
    private DateTimeOffset _now = Noon;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _timers.Add((_now + dueTime, () => callback(state)));
        return new Once();
    }

    public void Advance(TimeSpan by)
    {
        _now += by;
        foreach (var due in _timers.Where(timer => timer.At <= _now).ToList())
        {
            _timers.Remove(due);
            due.Ring();
        }
    }

    private sealed class Once : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => false;

        public void Dispose() { }

        public ValueTask DisposeAsync() => default;
    }
}

namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>A token bucket: it holds <paramref name="burst"/> and is refilled by <paramref name="perSecond"/>. Its owner locks
/// it.</summary>
internal sealed class Bucket(TimeProvider time, double burst, double perSecond)
{
    private double _taken;
    private long _at = time.GetTimestamp();

    public bool IsFull => Taken() <= 0;

    /// <summary>Until one can be taken; zero: now.</summary>
    public TimeSpan Wait => TimeSpan.FromSeconds(Math.Max(0, (Taken() + 1 - burst) / perSecond));

    public bool Take()
    {
        if (Taken() + 1 > burst) return false;
        _taken++;
        return true;
    }

    private double Taken()
    {
        var now = time.GetTimestamp();
        _taken = Math.Max(0, _taken - (time.GetElapsedTime(_at, now).TotalSeconds * perSecond));
        _at = now;
        return _taken;
    }
}

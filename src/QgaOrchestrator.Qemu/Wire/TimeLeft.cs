namespace QgaOrchestrator.Qemu.Wire;

internal static class TimeLeft
{
    /// <summary>What is left of a time-out that began at a timestamp; zero where it is over, since no timer takes less.</summary>
    public static TimeSpan Left(this TimeProvider time, TimeSpan timeout, long since) =>
        timeout - time.GetElapsedTime(since) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
}

namespace QgaOrchestrator.Core;

/// <summary>How long to wait after failures in a row: doubled with each, up to a limit, and scattered so that many who failed
/// together do not try again in one instant.</summary>
public static class Backoff
{
    /// <param name="failures">In a row, from 1.</param>
    /// <param name="first">After the first failure.</param>
    /// <param name="longest">However many there are.</param>
    /// <param name="scatter">The part of it by which it may be shorter or longer, as in 0.2.</param>
    /// <param name="luck">From 0 (shorter) to 1 (longer).</param>
    public static TimeSpan After(int failures, TimeSpan first, TimeSpan longest, double scatter, double luck)
    {
        var seconds = Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, Math.Min(failures, 32) - 1));
        return TimeSpan.FromSeconds(seconds * (1 - scatter + (2 * scatter * luck)));
    }
}

namespace QgaOrchestrator.Core.Vms;

/// <summary>The time-outs of one agent command.</summary>
/// <param name="Default">Where the caller names none.</param>
/// <param name="Longest">The longest that a caller may name.</param>
/// <param name="IsFreeze">It has a freeze's limits instead of these.</param>
public sealed record CommandTimes(TimeSpan Default, TimeSpan Longest, bool IsFreeze = false);

/// <summary>
/// The limits of a caller's command: what the caller asks for, and at most what its command and role allow. Whatever waits
/// behind the command for the channel, a thaw above all, waits no longer than that.
/// </summary>
/// <param name="Timeout">From sending it to its reply.</param>
/// <param name="Lease">Of a freeze: from frozen to thawed.</param>
public sealed record CallLimits(TimeSpan Timeout, TimeSpan Lease)
{
    /// <summary>What was shortened; null: nothing.</summary>
    public CallClamp? Clamped { get; private init; }

    /// <param name="limits">As the node's config sets them.</param>
    /// <param name="osId">The guest's osinfo id; null: not known, so it may be Windows.</param>
    public static CallLimits Of(CommandTimes times, CallOptions asked, FreezeLimits limits, string? osId)
    {
        var (ours, most) = (limits.For(osId), limits.Longest(osId));
        var own = times.IsFreeze ? ours.Timeout : times.Default;
        var longest = asked.ReadsOnly ? own : times.IsFreeze ? most.Timeout : times.Longest;
        var (timeoutCut, leaseCut) = (asked.Timeout > longest, asked.Lease > most.Lease);
        return new(timeoutCut ? longest : asked.Timeout ?? own, leaseCut ? most.Lease : asked.Lease ?? ours.Lease)
        {
            Clamped = timeoutCut || leaseCut ? new(timeoutCut ? longest : null, leaseCut ? most.Lease : null) : null,
        };
    }
}

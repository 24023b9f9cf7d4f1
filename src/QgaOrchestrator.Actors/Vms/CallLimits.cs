using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// What a caller's call may take: what he asks for, at most what its class allows. Whoever waits behind it for the channel, a
/// thaw above all, waits no longer than that.
/// </summary>
/// <param name="Timeout">From its sending to its reply.</param>
/// <param name="Lease">Of a freeze: from frozen to thawed.</param>
internal sealed record CallLimits(TimeSpan Timeout, TimeSpan Lease)
{
    /// <summary>The longest lease that a caller may ask for.</summary>
    public static readonly TimeSpan LongestLease = TimeSpan.FromMinutes(5);

    /// <summary>What was shortened; null: nothing.</summary>
    public CallClamp? Clamped { get; private init; }

    /// <param name="limits">As the node's config says.</param>
    /// <param name="osId">The guest's osinfo id; null: not known, and so perhaps Windows.</param>
    public static CallLimits Of(string command, CallOptions asked, FreezeLimits limits, string? osId)
    {
        var ours = limits.For(osId);
        var listed = AgentCommands.Find(command) ?? AgentCommands.Unlisted(command);
        var own = listed.DefaultTimeout(ours.Timeout);
        var longest = (asked.ReadsOnly, listed.Timeout) switch
        {
            (true, _) => own,
            (_, TimeoutClass.Freeze) => limits.Longest(osId),
            _ => listed.LongestTimeout,
        };
        var lease = osId == FreezeLimits.Windows ? ours.Lease : LongestLease;
        var (timeoutCut, leaseCut) = (asked.Timeout > longest, asked.Lease > lease);
        return new(timeoutCut ? longest : asked.Timeout ?? own, leaseCut ? lease : asked.Lease ?? ours.Lease)
        {
            Clamped = timeoutCut || leaseCut ? new(timeoutCut ? longest : null, leaseCut ? lease : null) : null,
        };
    }
}

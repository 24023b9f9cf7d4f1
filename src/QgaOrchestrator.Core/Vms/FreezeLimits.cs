namespace QgaOrchestrator.Core.Vms;

/// <summary>The limits of a freeze, as the node's config sets them; a guest with VSS (Windows) has limits of its own.</summary>
/// <param name="Timeout">From sending the freeze to its reply.</param>
/// <param name="Lease">From frozen to thawed.</param>
public sealed record FreezeLimits(TimeSpan Timeout, TimeSpan Lease)
{
    /// <summary>The osinfo id of Windows, whose agent freezes through VSS.</summary>
    public const string Windows = "mswindows";

    /// <summary>VSS waits up to 60 s for its writers before the agent answers (qga/vss-win32, QEMU 7.2).</summary>
    public static readonly TimeSpan VssTimeout = TimeSpan.FromSeconds(75);

    /// <summary>VSS holds its writers for 10 s at most, whatever is configured here.</summary>
    public static readonly TimeSpan VssLease = TimeSpan.FromSeconds(8);

    /// <summary>The longest lease that a caller may ask for with its own freeze.</summary>
    public static readonly TimeSpan LongestLease = TimeSpan.FromMinutes(5);

    /// <summary>The limits for a guest of this osinfo id. Null is an unknown system, which may be Windows.</summary>
    public FreezeLimits For(string? osId) => osId switch
    {
        Windows => new(Max(Timeout, VssTimeout), Min(Lease, VssLease)),
        null => new(Timeout, Min(Lease, VssLease)),
        _ => this,
    };

    /// <summary>The longest limits that a caller may ask for. An unknown system may be Windows, which needs a longer time-out,
    /// or another one, which allows a longer lease.</summary>
    public FreezeLimits Longest(string? osId) =>
        new(For(osId ?? Windows).Timeout, osId == Windows ? For(osId).Lease : LongestLease);

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}

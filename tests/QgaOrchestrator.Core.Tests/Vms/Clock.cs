using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

internal static class Clock
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>So many milliseconds after the start.</summary>
    public static Moment At(double ms) => new(TimeSpan.FromMilliseconds(ms), Start + TimeSpan.FromMilliseconds(ms));
}

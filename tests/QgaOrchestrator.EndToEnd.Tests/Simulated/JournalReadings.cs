using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Readings of the fleet's journal.</summary>
internal static class JournalReadings
{
    /// <summary>How many guests were frozen at that instant.</summary>
    public static int FrozenAt(this SimulatedFleet fleet, DateTimeOffset instant) => fleet.Vms
        .SelectMany(vm => vm.Guest.Freezes)
        .Count(freeze => freeze.FrozenAt <= instant && !(freeze.ThawedAt <= instant));

    /// <summary>The longest that a guest stayed frozen after that instant; a freeze that came later counts from itself.</summary>
    public static TimeSpan LongestFrozenAfter(this SimulatedFleet fleet, DateTimeOffset instant) => fleet.Vms
        .SelectMany(vm => vm.Guest.Freezes)
        .Select(freeze => (freeze.ThawedAt ?? DateTimeOffset.MaxValue) - (freeze.FrozenAt > instant ? freeze.FrozenAt : instant))
        .DefaultIfEmpty()
        .Max();
}

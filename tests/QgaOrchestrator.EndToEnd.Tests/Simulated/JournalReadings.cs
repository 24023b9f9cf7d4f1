using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>Readings of the fleet's journal.</summary>
internal static class JournalReadings
{
    /// <summary>How many guests were frozen when that fact was written, the fact's own included.</summary>
    public static int FrozenAt(this SimulatedFleet fleet, Fact instant)
    {
        var facts = fleet.Journal.All.TakeWhile(fact => fact != instant).Append(instant);
        return facts.Sum(fact => fact.Kind switch { "freeze" => 1, "thaw" => -1, _ => 0 });
    }

    /// <summary>The longest that a guest stayed frozen after that instant; a freeze that came later counts from itself.</summary>
    public static TimeSpan LongestFrozenAfter(this SimulatedFleet fleet, Fact instant) => fleet.Vms
        .SelectMany(vm => vm.Guest.Freezes)
        .Select(freeze => (freeze.ThawedAt ?? DateTimeOffset.MaxValue) - (freeze.FrozenAt > instant.At ? freeze.FrozenAt : instant.At))
        .Max();
}

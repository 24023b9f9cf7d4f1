using QgaOrchestrator.Api;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>The wall clock is stepped by hours inside the windows: limits, proofs and the watchdog go by monotonic
/// time.</summary>
public sealed class ClockStepTests(ClockNode node) : IClassFixture<ClockNode>
{
    private const int Vms = 20;

    [SkippableTheory]
    [InlineData(5)]
    [InlineData(-5)]
    public async Task Stepped_by_hours_inside_the_windows_nothing_breaks_and_nobody_stays_frozen(int hours)
    {
        var clock = node.Clock;
        await using var lab = await node.StartAsync(Vms, faults: SlowCuts);
        await lab.WaitForReadyAsync(Vms);
        var stepped = lab.At(Vms / 2, fact => fact.Kind == "freeze", () => clock.Step(TimeSpan.FromHours(hours)));

        var (run, items) = await lab.BackupAsync();

        await stepped;
        Assert.Equal(RunStates.Succeeded, run.State);
        Assert.All(items.Values, item => Assert.Equal((1, ConsistencyClasses.Filesystem), (item.Attempt, item.Class)));
        Assert.All(lab.Fleet.Vms, vm => Assert.Equal(1, vm.Guest.Epoch));
        var proofs = (await lab.PointsAsync()).Select(point => point.Proof).ToList();
        Assert.Equal(Vms, proofs.Count);
        Assert.All(
            proofs, proof => Assert.True(proof.FrozenAt <= proof.CutAt && proof.CutAt <= proof.ThawedAt, proof.ToString()));
        // A step back is not shown: no change of a run is earlier than the one before it.
        Assert.InRange(run.EndedAt!.Value - run.StartedAt!.Value, TimeSpan.FromHours(hours > 0 ? 4 : 0), TimeSpan.FromHours(6));
        await lab.AssertNothingLeftAsync(Vms);
    }

    [SkippableTheory]
    [InlineData(5)]
    [InlineData(-5)]
    public async Task Stepped_by_hours_a_guest_whose_cut_hangs_is_thawed_at_its_lease_all_the_same(int hours)
    {
        var clock = node.Clock;
        Rule hang = null!;
        await using var lab = await node.StartAsync(
            1, faults: fleet => hang = fleet.Vms[0].Monitor.On("transaction", Act.Hang));
        await lab.WaitForReadyAsync(1);
        var stepped = lab.At(1, fact => fact.Kind == "freeze", () => clock.Step(TimeSpan.FromHours(hours)));

        var run = await lab.StartBackupAsync();

        await stepped;
        await lab.Fleet.Vms[0].Guest.WhenThawed().WaitAsync(SimulatedLab.Limit);
        Assert.InRange(lab.Fleet.LongestFrozen, TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(12)); // 8 s, for an unknown OS
        hang.Dispose();
        await lab.EndOfAsync(run);
        await lab.WaitForThawAsync();
    }

    private static void SlowCuts(SimulatedFleet fleet)
    {
        foreach (var vm in fleet.Vms)
            vm.Monitor.On("transaction", Act.Wait(TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(600)));
    }
}

using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Runs.Groups;

public class GroupSimulationTests
{
    private const int Seeds = 5_000;
    private const int SeedsForABug = 2_000;

    [Fact]
    public void A_group_is_all_or_nothing_and_nobody_stays_frozen_whatever_fails() =>
        Parallel.For(0, Setting("QGA_SEEDS", Seeds), seed =>
        {
            var world = new GroupSimulation(seed);
            if (world.Play() is { } broken) Assert.Fail($"seed {seed}: {broken}\n{world.Story}");
        });

    [Fact]
    public void Most_groups_of_the_simulation_that_are_left_alone_succeed() =>
        Assert.InRange(
            Enumerable.Range(0, 200).Count(seed => Told(seed).Contains("ends Succeeded", StringComparison.Ordinal)), 50, 199);

    [Fact]
    public void A_lease_that_is_not_armed_is_found() => Finds(seed => new GroupSimulation(seed)
    {
        WindowBug = effects => [.. effects.Where(effect => effect is not WindowEffect.Arm { Limit: WindowLimit.Lease })],
    });

    [Fact]
    public void A_thaw_that_is_not_sent_is_found() => Finds(seed => new GroupSimulation(seed)
    {
        WindowBug = effects => [.. effects.Where(effect => effect is not WindowEffect.Thaw)],
    });

    [Fact]
    public void A_cut_that_is_ordered_before_all_are_frozen_is_found() => Finds(seed => new GroupSimulation(seed)
    {
        GroupBug = effects => [.. effects.SelectMany(effect => effect is GroupEffect.Tell { Order.Step: GroupStep.Freeze } freeze
            ? [freeze, freeze with { Order = new GroupOrder(GroupStep.Cut) }] : new[] { effect })],
    });

    [Fact]
    public void A_member_that_says_that_its_broken_window_held_is_found() => Finds(seed => new GroupSimulation(seed)
    {
        ReportBug = report => report.Failing is null ? report : new MemberReport(MemberPhase.Closed),
    });

    [Fact]
    public void A_void_that_is_never_told_is_found() => Finds(seed => new GroupSimulation(seed)
    {
        GroupBug = effects => [.. effects.Where(effect => effect is not GroupEffect.Tell { Order.Step: GroupStep.Void })],
    });

    [Fact]
    public void A_coordinator_that_forgets_what_its_predecessor_began_is_found() =>
        Finds(seed => new GroupSimulation(seed) { ForgetsItsPredecessor = true });

    private static void Finds(Func<int, GroupSimulation> planted) =>
        Assert.Contains(Enumerable.Range(0, SeedsForABug), seed => planted(seed).Play() is not null);

    private static string Told(int seed)
    {
        var world = new GroupSimulation(seed);
        world.Play();
        return world.Story;
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;
}

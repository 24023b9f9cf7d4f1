namespace QgaOrchestrator.Core.Tests.Simulation;

public class FleetSimulationTests
{
    private const int Seeds = 5_000;
    private const int SeedsForABug = 2_000;

    [Fact]
    public void Whatever_fails_no_guest_stays_frozen_no_point_lies_and_every_item_ends() =>
        Parallel.For(0, int.TryParse(Environment.GetEnvironmentVariable("QGA_SEEDS"), out var seeds) ? seeds : Seeds, seed =>
        {
            var world = new FleetSimulation(seed);
            if (world.Play() is { } broken) Assert.Fail($"seed {seed}: {broken}\n{world.Story}");
        });

    [Fact]
    public void Most_items_of_the_simulation_succeed_and_some_do_not()
    {
        var (succeeded, items) = (0, 0);
        for (var seed = 0; seed < 200; seed++)
        {
            var world = new FleetSimulation(seed);
            world.Play();
            (succeeded, items) = (succeeded + world.Succeeded, items + world.Items);
        }
        Assert.InRange((double)succeeded / items, 0.4, 0.9);
    }

    [Fact]
    public void A_seed_tells_the_same_story_each_time() => Assert.Equal(Told(7), Told(7));

    [Theory]
    [InlineData(nameof(Planted.SentBeforeItIsJournalled), "which is not journalled")]
    [InlineData(nameof(Planted.OrderRepeatedAsNew), "frozen twice")]
    [InlineData(nameof(Planted.BudgetOverlooked), "beyond max")]
    [InlineData(nameof(Planted.SuccessWithoutPoint), "its point is not there")]
    [InlineData(nameof(Planted.UndoSkippedAfterACrash), "the block graph of")]
    [InlineData(nameof(Planted.LateThawOverlooked), "the point of")]
    [InlineData(nameof(Planted.OtherAttemptsOutcomeTaken), "works on it")]
    [InlineData(nameof(Planted.NeverCommandRepeated), "may not be repeated")]
    [InlineData(nameof(Planted.LedgerNotRead), "frozen")]
    [InlineData(nameof(Planted.DeadlineOverlooked), "past its lease")]
    [InlineData(nameof(Planted.UnheardLimitOverlooked), "past its lease")]
    [InlineData(nameof(Planted.EntryRemovedBeforeItsThaw), "goes, and its guest is frozen")]
    [InlineData(nameof(Planted.OpenEntryOverwritten), "is overwritten")]
    [InlineData(nameof(Planted.FrozenWithoutWatchdog), "has no watchdog")]
    [InlineData(nameof(Planted.UndoSkipped), "the block graph of")]
    [InlineData(nameof(Planted.VerdictNotStored), "its group's verdict is not stored")]
    [InlineData(nameof(Planted.FallsBackThoughRequired), "its consistency is require")]
    [InlineData(nameof(Planted.PublishedBeforeVerified), "before it is verified")]
    [InlineData(nameof(Planted.UnknownTurnedIntoCancelled), "was not seen thawed")]
    [InlineData(nameof(Planted.HaltedWithoutThaw), "its window is open")]
    public void A_planted_bug_is_found(string bug, string broken) =>
        Assert.Contains(Enumerable.Range(0, SeedsForABug), seed =>
            new FleetSimulation(seed, Enum.Parse<Planted>(bug)).Play()?.Contains(broken, StringComparison.Ordinal) == true
        );

    private static string Told(int seed)
    {
        var world = new FleetSimulation(seed);
        world.Play();
        return world.Story;
    }
}

using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Fleet;

public class MoveSimulationTests
{
    private const int Seeds = 5_000, SeedsForABug = 2_000;

    [Fact]
    public void Whatever_fails_around_a_move_no_guest_stays_frozen_where_it_came() =>
        Parallel.For(0, int.TryParse(Environment.GetEnvironmentVariable("QGA_SEEDS"), out var seeds) ? seeds : Seeds, seed =>
        {
            var world = new MoveSimulation(seed);
            if (world.Play() is { } broken) Assert.Fail($"seed {seed}: {broken}\n{world.Story}");
        });

    [Fact]
    public void Many_guests_of_the_simulation_come_in_frozen_and_are_thawed_there() =>
        Assert.InRange(Enumerable.Range(0, 400).Count(seed =>
        {
            var world = new MoveSimulation(seed);
            world.Play();
            return world.ThawedThere;
        }), 80, 300);

    [Fact]
    public void A_guest_that_comes_in_and_is_not_asked_is_found() => Finds("too long", seed => new MoveSimulation(seed)
    {
        ArrivalBug = input => input is ArrivalInput.Looked ? null : input,
    });

    [Fact]
    public void A_guest_that_came_in_before_the_node_began_and_is_not_asked_is_found() =>
        Finds("too long", seed => new MoveSimulation(seed)
        {
            ArrivalBug = input => input is ArrivalInput.Looked looked ? looked with { CameIn = false } : input,
        });

    [Fact]
    public void A_guest_that_is_asked_only_once_is_found() => Finds("too long", seed => new MoveSimulation(seed)
    {
        ArrivalBug = input => input is ArrivalInput.Due ? null : input,
    });

    [Fact]
    public void A_freeze_that_nobody_knows_and_that_is_left_is_found() => Finds("too long", seed => new MoveSimulation(seed)
    {
        ArrivalBug = input =>
            input is ArrivalInput.Word { Of: FreezeWord.Unknown } ? new ArrivalInput.Word(FreezeWord.Others) : input,
    });

    [Fact]
    public void A_freeze_whose_QEMU_went_away_and_that_is_forgotten_is_found() =>
        Finds("too long", seed => new MoveSimulation(seed) { ForgetsWhatWentAway = true });

    [Fact]
    public void A_freeze_of_another_program_that_is_taken_for_ours_is_found() =>
        Finds("another program", seed => new MoveSimulation(seed)
        {
            ArrivalBug = input => input is ArrivalInput.Word ? new ArrivalInput.Word(FreezeWord.Ours) : input,
        });

    private static void Finds(string invariant, Func<int, MoveSimulation> plant)
    {
        var found = Enumerable.Range(0, SeedsForABug).Select(seed => plant(seed).Play())
            .FirstOrDefault(broken => broken is not null);
        Assert.Contains(invariant, found ?? $"nothing in {SeedsForABug} seeds", StringComparison.Ordinal);
    }
}

using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

public class WindowSimulationTests
{
    private const int Seeds = 5_000;
    private const int SeedsForABug = 4_000;

    [Fact]
    public void Whatever_is_killed_or_hangs_no_guest_stays_frozen_and_no_point_overclaims() =>
        Parallel.For(0, int.TryParse(Environment.GetEnvironmentVariable("QGA_SEEDS"), out var seeds) ? seeds : Seeds, seed =>
        {
            var world = new WindowSimulation(seed);
            if (world.Play() is { } broken) Assert.Fail($"seed {seed}: {broken}\n{world.Story}");
        });

    [Fact]
    public void Most_windows_of_the_simulation_hold_and_some_do_not() =>
        Assert.InRange(Enumerable.Range(0, 200).Count(seed =>
        {
            var world = new WindowSimulation(seed);
            world.Play();
            return world.Published;
        }), 100, 190);

    [Fact]
    public void A_seed_tells_the_same_story_each_time() => Assert.Equal(Told(7), Told(7));

    [Fact]
    public void A_thaw_that_is_not_sent_after_a_refused_freeze_is_found() =>
        Finds("past its lease", seed => new WindowSimulation(seed)
        {
            EffectBug = (input, effects) => input is WindowInput.FreezeRefused ? [] : effects,
        });

    [Fact]
    public void A_lease_that_is_not_armed_is_found() => Finds("past its lease", seed => new WindowSimulation(seed)
    {
        EffectBug = (_, effects) => [.. effects.Where(effect => effect is not WindowEffect.Arm { Limit: WindowLimit.Lease })],
    });

    [Fact]
    public void A_window_that_is_closed_before_its_thaw_is_confirmed_is_found() =>
        Finds("is closed and its guest is frozen", seed => new WindowSimulation(seed)
        {
            InputBug = (_, input) => input is WindowInput.NotSettled ? new WindowInput.Settled(2, null, Clock.At(0)) : input,
        });

    [Fact]
    public void A_thaw_of_somebody_else_that_is_not_noticed_is_found() => Finds("claims a cut", seed => new WindowSimulation(seed)
    {
        InputBug = (state, input) => input is WindowInput.Settled settled ? settled with { Thawed = state.Record.Frozen } : input,
    });

    [Fact]
    public void An_answer_to_an_earlier_window_that_is_taken_for_this_ones_is_found() =>
        Finds("claims a cut", seed => new WindowSimulation(seed) { TakesStaleAnswers = true });

    [Fact]
    public void A_node_that_does_not_look_into_its_ledger_is_found() =>
        Finds("is closed and its guest is frozen", seed => new WindowSimulation(seed) { ForgetsItsLedger = true });

    [Fact]
    public void A_freeze_that_is_sent_again_is_found() => Finds("frozen twice", seed => new WindowSimulation(seed)
    {
        EffectBug = (_, effects) =>
            [
                .. effects.SelectMany(effect =>
                    effect is WindowEffect.Resync resync ? [new WindowEffect.Freeze(), resync] : new[] { effect }
                ),
            ],
    });

    [Fact]
    public void A_deadline_that_stops_no_heart_is_found() =>
        Finds("left frozen", seed => new WindowSimulation(seed) { OverlooksDeadlines = true });

    [Fact]
    public void A_freezes_reply_that_is_taken_for_the_beginning_of_its_thaw_is_found() =>
        Finds("left frozen", seed => new WindowSimulation(seed) { TakesTheReplyForAThaw = true });

    [Fact]
    public void A_caller_who_leaves_and_is_not_heard_before_the_freeze_is_found() =>
        Finds("for a caller who had left", seed => new WindowSimulation(seed)
        {
            InputBug = (_, input) => input is WindowInput.CallerLeft ? new WindowInput.FreezeNow() : input,
        });

    [Fact]
    public void A_caller_whose_leaving_ends_a_frozen_window_is_found() =>
        Finds("is closed and its guest is frozen", seed => new WindowSimulation(seed)
        {
            InputBug = (state, input) =>
                input is WindowInput.CallerLeft && state.MayBeFrozen ? new WindowInput.QemuGone() : input,
        });

    private static void Finds(string broken, Func<int, WindowSimulation> planted) =>
        Assert.Contains(
            Enumerable.Range(0, SeedsForABug), seed => planted(seed).Play()?.Contains(broken, StringComparison.Ordinal) == true);

    private static string Told(int seed)
    {
        var world = new WindowSimulation(seed);
        world.Play();
        return world.Story;
    }
}

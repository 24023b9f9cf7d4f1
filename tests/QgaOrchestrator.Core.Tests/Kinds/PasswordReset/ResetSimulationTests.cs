using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.PasswordReset;
using QgaOrchestrator.Core.Passwords;

namespace QgaOrchestrator.Core.Tests.Kinds.PasswordReset;

public class ResetSimulationTests
{
    private const int Seeds = 5_000, SeedsForABug = 2_000;

    [Fact]
    public void Whatever_fails_a_password_that_may_be_in_force_stays_readable() =>
        Parallel.For(0, int.TryParse(Environment.GetEnvironmentVariable("QGA_SEEDS"), out var seeds) ? seeds : Seeds, seed =>
        {
            var world = new ResetSimulation(seed);
            if (world.Play() is { } broken) Assert.Fail($"seed {seed}: {broken}\n{world.Story}");
        });

    [Fact]
    public void Many_resets_of_the_simulation_succeed_and_some_do_not()
    {
        var (succeeded, runs) = (0, 0);
        for (var seed = 0; seed < 200; seed++)
        {
            var world = new ResetSimulation(seed);
            world.Play();
            (succeeded, runs) = (succeeded + world.Succeeded, runs + world.Runs);
        }
        Assert.InRange((double)succeeded / runs, 0.3, 0.9);
    }

    [Fact]
    public void A_candidate_that_is_sent_before_it_is_durable_is_found() =>
        Finds("is sent and not readable", seed => new ResetSimulation(seed) { SendsBeforeItIsDurable = true });

    [Fact]
    public void A_refusal_that_is_taken_for_a_proof_is_found() => Finds("was in force, and is void", seed =>
        new ResetSimulation(seed)
        {
            EffectBug = (state, effect) =>
                effect is ResetEffect.Look
                && state is { Answer: SendAnswer.Refused, Target: { } target }
                && state.Options.Mode == ResetMode.Rotate
                ? new ResetEffect.Record([new EscrowChange.Voided(target)])
                : effect,
        });

    [Fact]
    public void A_lost_reply_that_voids_its_candidate_is_found() => Finds("was in force, and is void", seed =>
        new ResetSimulation(seed)
        {
            InputBug = (_, input) => input is ResetInput.Sent { Answer: SendAnswer.Lost }
                ? new ResetInput.NotSent("lost", null, Passing: false)
                : input,
        });

    [Fact]
    public void An_unknown_that_is_turned_into_unreachable_is_found() => Finds("ended unreachable", seed =>
        new ResetSimulation(seed)
        {
            EffectBug = (state, effect) => state is { Phase: ResetPhase.Recording, End: { State: ItemState.Unknown } end }
                ? new ResetEffect.End(end with { State = ItemState.Unreachable })
                : effect,
        });

    [Fact]
    public void A_success_that_nobody_has_looked_at_is_found() =>
        Finds("is said to be in force", seed => new ResetSimulation(seed)
        {
            InputBug = (state, input) => input is ResetInput.Looked { Look: EntryLook.Found found }
                && state is { Answer: SendAnswer.Done, Generation.Fingerprint: { } expected }
                ? new ResetInput.Looked(found with { Entry = found.Entry with { Fingerprint = expected } })
                : input,
        });

    private static void Finds(string broken, Func<int, ResetSimulation> world) => Assert.Contains(
        Enumerable.Range(0, SeedsForABug),
        seed => world(seed).Play()?.Contains(broken, StringComparison.Ordinal) == true);
}

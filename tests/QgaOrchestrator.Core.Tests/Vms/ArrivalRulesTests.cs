using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Vms;

public class ArrivalRulesTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    private readonly List<ArrivalEffect> _effects = [];
    private ArrivalState _state = new ArrivalState.Settled();

    [Fact]
    public void A_guest_that_comes_in_is_asked_when_it_runs_and_not_before()
    {
        Step(0, new ArrivalInput.Looked("inmigrate", CameIn: false), new ArrivalInput.Looked("paused", CameIn: false));
        Assert.Empty(_effects);
        Step(1, new ArrivalInput.Looked("running", CameIn: false));
        Assert.IsType<ArrivalEffect.AskGuest>(Assert.Single(_effects));
        Assert.True(_state.IsOpen);
    }

    [Fact]
    public void A_guest_that_had_left_and_runs_here_again_is_asked()
    {
        Step(0, new ArrivalInput.Looked("postmigrate", CameIn: false), new ArrivalInput.Looked("running", CameIn: false));
        Assert.IsType<ArrivalEffect.AskGuest>(Assert.Single(_effects));
    }

    [Fact]
    public void A_node_that_begins_asks_a_guest_that_came_in_before_and_no_other()
    {
        Step(0, new ArrivalInput.Looked("running", CameIn: false));
        Assert.Empty(_effects);
        Step(0, new ArrivalInput.Looked("running", CameIn: true));
        Assert.IsType<ArrivalEffect.AskGuest>(Assert.Single(_effects));
    }

    [Fact]
    public void A_freeze_of_ours_is_thawed_at_once()
    {
        Frozen();
        Step(1, new ArrivalInput.Word(FreezeWord.Ours));
        Assert.IsType<ArrivalEffect.Thaw>(_effects[^1]);
        Step(2, new ArrivalInput.Thawed());
        Assert.IsType<ArrivalState.Settled>(_state);
        Assert.IsType<ArrivalEffect.Release>(_effects[^1]);
    }

    [Fact]
    public void A_freeze_that_nobody_knows_is_thawed_when_the_lease_has_passed()
    {
        Frozen();
        Step(9_999, new ArrivalInput.Word(FreezeWord.Unknown), new ArrivalInput.Due());
        Assert.DoesNotContain(_effects, effect => effect is ArrivalEffect.Thaw);
        Step(10_000, new ArrivalInput.Due());
        Assert.IsType<ArrivalEffect.Thaw>(_effects[^1]);
    }

    [Fact]
    public void A_freeze_of_another_program_is_left_to_it()
    {
        Frozen();
        Step(1, new ArrivalInput.Word(FreezeWord.Others));
        Step(60_000, new ArrivalInput.Due(), new ArrivalInput.Looked("running", CameIn: false));
        Assert.DoesNotContain(_effects, effect => effect is ArrivalEffect.Thaw);
        Assert.False(_state.IsOpen);
    }

    [Fact]
    public void A_guest_that_does_not_answer_is_asked_ever_more_rarely_and_when_its_agent_comes()
    {
        Step(0, new ArrivalInput.Looked("inmigrate", CameIn: false), new ArrivalInput.Looked("running", CameIn: false));
        for (var i = 0; i < 12; i++) Step(i, new ArrivalInput.Answered(null), new ArrivalInput.Due());
        var pauses = _effects.OfType<ArrivalEffect.LookAgain>().Select(again => again.After).ToList();
        Assert.Equal(TimeSpan.FromMilliseconds(250), pauses[0]);
        Assert.Equal(pauses.Order(), pauses);
        Assert.Equal(TimeSpan.FromSeconds(30), pauses[^1]);
        Assert.Equal(13, _effects.Count(effect => effect is ArrivalEffect.AskGuest));
    }

    [Fact]
    public void What_waits_for_a_guest_whose_QEMU_ends_goes_on()
    {
        Frozen();
        Step(1, new ArrivalInput.Ended());
        Assert.IsType<ArrivalEffect.Release>(_effects[^1]);
        Assert.IsType<ArrivalState.Settled>(_state);
    }

    private void Frozen() => Step(
        0, new ArrivalInput.Looked("inmigrate", CameIn: false), new ArrivalInput.Looked("running", CameIn: false),
        new ArrivalInput.Answered(true));

    private void Step(double ms, params ArrivalInput[] inputs)
    {
        foreach (var input in inputs)
        {
            (_state, var effects) = ArrivalRules.Step(_state, input, Lease, Clock.At(ms));
            _effects.AddRange(effects);
        }
    }
}

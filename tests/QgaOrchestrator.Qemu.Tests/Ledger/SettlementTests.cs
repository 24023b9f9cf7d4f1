using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Ledger;
using static QgaOrchestrator.Qemu.Tests.Ledger.ScriptedAgent;

namespace QgaOrchestrator.Qemu.Tests.Ledger;

/// <summary>Settled is: a thaw answered, and after it status says thawed. Everything else is not.</summary>
public sealed class SettlementTests
{
    private static readonly AgentOutcome _thawed = Returns("\"thawed\"");
    private static readonly AgentOutcome _frozen = Returns("\"frozen\"");
    private static readonly AgentOutcome _lost = new AgentOutcome.Unknown("time-out");

    [Fact]
    public async Task Thaw_is_sent_first_whatever_the_status_and_then_proved()
    {
        var agent = new ScriptedAgent(Returns("3"), _thawed);
        var settled = Assert.IsType<ThawOutcome.Settled>(await Settlement.ThawAsync(agent, TimeProvider.System));
        Assert.Equal((3, null), (settled.Thawed, settled.Error));
        Assert.Equal(["guest-fsfreeze-thaw", "guest-fsfreeze-status"], agent.Asked);
    }

    [Fact]
    public async Task A_guest_that_has_forgotten_its_freeze_is_settled_with_a_count_of_nothing() =>
        Assert.Equal(0, Assert.IsType<ThawOutcome.Settled>(await Thaw(Returns("0"), _thawed)).Thawed);

    [Fact]
    public async Task A_thaw_that_fails_on_thawed_file_systems_is_settled_with_its_error()
    {
        var settled = Assert.IsType<ThawOutcome.Settled>(await Thaw(Refuses("hook failed"), _thawed));
        Assert.Null(settled.Thawed);
        Assert.Equal("GenericError: hook failed", settled.Error);
    }

    [Fact]
    public async Task Frozen_after_thaw_is_not_settled() =>
        Assert.Contains("still frozen", Failed(await Thaw(Returns("1"), _frozen)).Reason, StringComparison.Ordinal);

    [Fact]
    public async Task Frozen_after_an_error_is_not_settled() =>
        Assert.Contains("no luck", Failed(await Thaw(Refuses("no luck"), _frozen)).Reason, StringComparison.Ordinal);

    [Fact]
    public async Task A_thaw_without_an_answer_is_not_settled_and_its_count_is_lost()
    {
        var failed = Failed(await Thaw(_lost));
        Assert.True(failed.CountLost);
        var next = await Settlement.ThawAsync(new ScriptedAgent(Returns("0"), _thawed), TimeProvider.System, failed.CountLost);
        Assert.Null(Assert.IsType<ThawOutcome.Settled>(next).Thawed);
    }

    [Fact]
    public async Task A_thaw_that_was_not_sent_loses_no_count() =>
        Assert.False(Failed(await Thaw(new AgentOutcome.NotSent("closed"))).CountLost);

    [Fact]
    public async Task A_status_without_an_answer_is_not_settled() =>
        Assert.True(Failed(await Thaw(Returns("2"), _lost)).CountLost);

    [Fact]
    public async Task An_agent_that_refuses_both_offers_no_freeze() =>
        Assert.True(
            Failed(await Thaw(Refuses("disabled", "CommandNotFound"), Refuses("disabled", "CommandNotFound"))).NotOffered);

    [Fact]
    public async Task An_agent_that_refuses_only_status_may_be_frozen() =>
        Assert.False(Failed(await Thaw(Returns("1"), Refuses("disabled", "CommandNotFound"))).NotOffered);

    [Fact]
    public async Task A_round_is_a_new_link_with_one_sync_and_then_the_thaw()
    {
        var agent = new ScriptedAgent(Returns("1"), _thawed);
        Assert.IsType<ThawOutcome.Settled>(await Settlement.RoundAsync(agent, TimeProvider.System));
        Assert.Equal(["close", "open", "guest-fsfreeze-thaw", "guest-fsfreeze-status"], agent.Asked);
    }

    [Fact]
    public async Task A_round_without_a_sync_sends_nothing()
    {
        var agent = new ScriptedAgent { Open = new OpenOutcome.NoAnswer("hung") };
        var failed = Failed(await Settlement.RoundAsync(agent, TimeProvider.System, uncounted: true));
        Assert.True(failed.CountLost);
        Assert.Equal(["close", "open"], agent.Asked);
    }

    [Fact]
    public async Task The_result_is_merged_into_the_entrys_facts_and_touches_no_other()
    {
        var before = TempLedger.Entry();
        var settled = Assert.IsType<ThawOutcome.Settled>(await Thaw(Returns("2"), _thawed));
        var after = settled.MergeInto(before, "watchdog");
        Assert.Equal(LedgerPhase.Thawed, after.Phase);
        Assert.Equal(before.Facts with { Thawed = 2, ThawedAt = settled.At, ThawedBy = "watchdog" }, after.Facts);
    }

    private static Task<ThawOutcome> Thaw(params AgentOutcome[] outcomes) =>
        Settlement.ThawAsync(new ScriptedAgent(outcomes), TimeProvider.System);

    private static ThawOutcome.NotSettled Failed(ThawOutcome outcome) => Assert.IsType<ThawOutcome.NotSettled>(outcome);
}

using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Ledger;
using static QgaOrchestrator.Qemu.Tests.Ledger.ScriptedAgent;

namespace QgaOrchestrator.Qemu.Tests.Ledger;

/// <summary>Settled is: a thaw answered, and after it status says thawed. Everything else is not.</summary>
public sealed class SettlementTests
{
    private const string Thaws = "guest-fsfreeze-thaw";
    private const string Status = "guest-fsfreeze-status";

    private static readonly AgentOutcome _thawed = Returns("\"thawed\"");
    private static readonly AgentOutcome _frozen = Returns("\"frozen\"");
    private static readonly AgentOutcome _lost = new AgentOutcome.Unknown("time-out");

    [Fact]
    public async Task Thaw_is_sent_first_whatever_the_status_and_then_proved()
    {
        var agent = new ScriptedAgent(Returns("3"), _thawed);
        var settled = Assert.IsType<ThawOutcome.Settled>(await new Settlement(TimeProvider.System).ThawAsync(agent));
        Assert.Equal((3, null), (settled.Thawed, settled.Error));
        Assert.Equal([Thaws, Status], agent.Asked);
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

    [Theory]
    [InlineData("thaw was not answered")]
    [InlineData("status was not answered")]
    public async Task After_a_thaw_whose_count_cannot_be_used_no_later_one_counts(string reason)
    {
        AgentOutcome[] first = reason.StartsWith("thaw", StringComparison.Ordinal) ? [_lost] : [Returns("2"), _lost];
        var agent = new ScriptedAgent([.. first, Returns("0"), _thawed]);
        var settlement = new Settlement(TimeProvider.System);
        Assert.Contains(reason, Failed(await settlement.ThawAsync(agent)).Reason, StringComparison.Ordinal);
        Assert.Null(Assert.IsType<ThawOutcome.Settled>(await settlement.ThawAsync(agent)).Thawed);
    }

    [Fact]
    public async Task A_thaw_that_was_not_sent_loses_no_count()
    {
        var agent = new ScriptedAgent(new AgentOutcome.NotSent("closed"), Returns("2"), _thawed);
        var settlement = new Settlement(TimeProvider.System);
        Failed(await settlement.ThawAsync(agent));
        Assert.Equal(2, Assert.IsType<ThawOutcome.Settled>(await settlement.ThawAsync(agent)).Thawed);
    }

    [Fact]
    public async Task An_unseen_freeze_that_a_daemon_may_hold_is_looked_for_and_thawed_when_it_comes()
    {
        var time = new ManualTime();
        var agent = new ScriptedAgent(Returns("0"), _thawed, _thawed, _frozen, Returns("3"), _thawed, _thawed)
        {
            Lingering = TimeSpan.FromSeconds(40),
        };
        var settlement = new Settlement(time, freezeUnseen: true);
        foreach (var asked in (string[][])[[Thaws, Status], [Status], [Status, Thaws, Status]])
        {
            agent.Close();
            agent.Asked.Clear();
            Assert.True(Failed(await settlement.RoundAsync(agent)).MayFreezeYet);
            Assert.Equal(["close", "open", .. asked], agent.Asked);
            time.Advance(TimeSpan.FromSeconds(13));
        }
        agent.Close();
        time.Advance(TimeSpan.FromSeconds(1));
        var settled = Assert.IsType<ThawOutcome.Settled>(await settlement.RoundAsync(agent));
        Assert.Equal((null, time.GetTimestamp()), (settled.Thawed, settled.ThawedTimestamp));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 40)]
    public async Task Nothing_is_looked_for_where_no_freeze_can_come_late(bool unseen, int lingering)
    {
        var agent = new ScriptedAgent(Returns("0"), _thawed) { Lingering = TimeSpan.FromSeconds(lingering) };
        Assert.IsType<ThawOutcome.Settled>(await new Settlement(TimeProvider.System, unseen).RoundAsync(agent));
    }

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
        Assert.IsType<ThawOutcome.Settled>(await new Settlement(TimeProvider.System).RoundAsync(agent));
        Assert.Equal(["close", "open", Thaws, Status], agent.Asked);
    }

    [Fact]
    public async Task A_round_without_a_sync_sends_nothing()
    {
        var agent = new ScriptedAgent { Open = new OpenOutcome.NoAnswer("hung") };
        var failed = Failed(await new Settlement(TimeProvider.System).RoundAsync(agent));
        Assert.Equal("hung", failed.Reason);
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
        new Settlement(TimeProvider.System).ThawAsync(new ScriptedAgent(outcomes));

    private static ThawOutcome.NotSettled Failed(ThawOutcome outcome) => Assert.IsType<ThawOutcome.NotSettled>(outcome);
}

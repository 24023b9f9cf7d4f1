using System.Text.Json;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Tests.Vms;

namespace QgaOrchestrator.Core.Tests.Runs.Groups;

public class GroupRulesTests
{
    [Fact]
    public void The_step_copy_is_called_goOn_between_nodes()
    {
        Assert.Equal("\"goOn\"", JsonSerializer.Serialize(GroupStep.Copy));
        Assert.Equal(GroupStep.Copy, JsonSerializer.Deserialize<GroupStep>("\"goOn\""));
    }

    [Fact]
    public void Members_begin_one_after_the_other_so_that_two_groups_never_wait_in_a_circle()
    {
        var group = new Group(2).Begin();
        Assert.Equal("start 0", group.Last);
        Assert.Equal("start 1", group.At(0, MemberPhase.Begun).Last);
    }

    [Fact]
    public void A_healthy_group_goes_stage_by_stage_and_each_waits_for_all()
    {
        var group = Prepared(2);
        Assert.Equal("0 reserve, 1 reserve", group.Last);
        Assert.Equal("", group.At(0, MemberPhase.Reserved).Last);
        Assert.Equal("0 freeze, 1 freeze", group.At(1, MemberPhase.Reserved).Last);
        Assert.Equal("spread", group.At(0, MemberPhase.Frozen).Last);
        Assert.Equal("0 cut, 1 cut", group.At(1, MemberPhase.Frozen).Last);
        group.At(0, MemberPhase.Cut);
        Assert.Equal("", group.At(1, MemberPhase.Cut).Last);
        group.At(0, MemberPhase.Closed);
        Assert.Equal("0 copy, 1 copy", group.At(1, MemberPhase.Closed).Last);
        group.At(0, MemberPhase.Copying).At(1, MemberPhase.Copying).At(0, MemberPhase.Verified);
        Assert.Equal("0 publish, 1 publish", group.At(1, MemberPhase.Verified).Last);
        group.At(0, MemberPhase.Published);
        Assert.Equal("0 end, 1 end", group.At(1, MemberPhase.Published).Last);
        group.End(0, ItemState.Succeeded);
        Assert.Equal("ended succeeded succeeded", group.End(1, ItemState.Succeeded).Last);
    }

    [Fact]
    public void The_skew_is_measured_from_the_order_to_cut_to_the_last_answer()
    {
        var group = AllFrozen(2);
        var ordered = group.Ms;
        group.At(0, MemberPhase.Cut).At(1, MemberPhase.Cut);
        Assert.Equal(new GroupVerdict(group.Ms - ordered, Covered: true), group.State.Verdict);
    }

    [Fact]
    public void Slow_freezers_go_first_and_the_others_follow_when_they_have_answered()
    {
        var group = Prepared(3, slow: 1);
        group.At(0, MemberPhase.Reserved).At(1, MemberPhase.Reserved);
        Assert.Equal("1 freeze", group.At(2, MemberPhase.Reserved).Last);
        Assert.Equal("0 freeze, 2 freeze, spread", group.At(1, MemberPhase.Frozen).Last);
    }

    [Fact]
    public void With_an_uncovered_disk_all_stay_frozen_until_the_last_is_cut()
    {
        var group = AllFrozen(2, uncovered: 1);
        Assert.True(group.Says(0, GroupStep.Cut).Hold);
        Assert.Equal("", group.At(0, MemberPhase.Cut).Last);
        Assert.Equal("0 thaw, 1 thaw", group.At(1, MemberPhase.Cut).Last);
        Assert.False(group.State.Verdict!.Covered);
    }

    [Theory]
    [InlineData(MemberPhase.Prepared)]
    [InlineData(MemberPhase.Reserved)]
    [InlineData(MemberPhase.Frozen)]
    [InlineData(MemberPhase.Cut)]
    [InlineData(MemberPhase.Closed)]
    [InlineData(MemberPhase.Verified)]
    [InlineData(MemberPhase.Published)]
    public void A_member_that_fails_voids_the_group_at_any_time(MemberPhase phase)
    {
        var group = Prepared(2);
        for (var reached = MemberPhase.Prepared; reached <= phase; reached++) group.At(0, reached).At(1, reached);
        group.Step(new GroupInput.Reported(1, new MemberReport(phase, Failing: Outcome(1, ItemState.Failed))));

        var told = group.Says(0, GroupStep.Void).Voided!;
        Assert.Equal((ItemState.Failed, "group shop: vm1: because"), (told.State, told.Reason));
        group.End(1, ItemState.Failed);
        Assert.Equal("ended failed failed", group.End(0, ItemState.Failed).Last);
    }

    [Fact]
    public void A_member_that_never_began_ends_with_its_void_group()
    {
        var group = new Group(3).Begin();
        group.End(0, ItemState.Unreachable);
        Assert.Equal("ended unreachable failed failed", group.Last);
    }

    [Fact]
    public void A_group_that_is_frozen_too_long_is_void_and_says_for_whom_it_waited()
    {
        var group = AllReserved(2).At(0, MemberPhase.Frozen).Step(new GroupInput.SpreadPassed());
        Assert.Equal("0 void, 1 void", group.Last);
        Assert.EndsWith("waited for vm1", group.Says(0, GroupStep.Void).Voided!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_that_was_seen_too_late_voids_the_group_even_where_no_timer_ran()
    {
        var group = AllFrozen(2).At(0, MemberPhase.Cut).Wait(6_000).At(1, MemberPhase.Cut);
        Assert.Equal(GroupStage.Void, group.State.Stage);
    }

    [Theory]
    [InlineData(MemberPhase.Reserved)]
    [InlineData(MemberPhase.Frozen)]
    [InlineData(MemberPhase.Cut)]
    [InlineData(MemberPhase.Closed)]
    public void A_new_coordinator_never_goes_on_inside_a_window(MemberPhase phase)
    {
        var group = new Group(2).Begin().At(0, phase).At(1, phase);
        Assert.Equal((GroupStage.Void, ItemState.Interrupted), (group.State.Stage, group.State.Cause!.State));
    }

    [Fact]
    public void A_new_coordinator_that_voids_its_group_has_every_member_look_and_undo()
    {
        var group = new Group(3, resumed: true).Begin();
        Assert.Equal("start 1, 1 void, 2 void", group.End(0, ItemState.Interrupted).Last);
        Assert.Equal("start 2", group.End(1, ItemState.Interrupted).Last);
        Assert.Equal("ended interrupted interrupted interrupted", group.End(2, ItemState.Interrupted).Last);
    }

    [Fact]
    public void A_new_coordinator_goes_on_where_a_member_had_stored_the_verdict()
    {
        var verdict = new GroupVerdict(12, Covered: true);
        var group = new Group(2).Begin().At(0, MemberPhase.Closed);
        group.Step(new GroupInput.Reported(1, new MemberReport(MemberPhase.Copying, Verdict: verdict)));
        Assert.Equal("0 copy", group.Last);
        Assert.Equal(verdict, group.Says(0, GroupStep.Copy).Verdict);
    }

    [Fact]
    public void A_repeated_report_of_a_member_gets_the_same_answer_and_changes_nothing()
    {
        var group = AllFrozen(2);
        var state = group.State;
        Assert.Equal("0 cut", group.At(0, MemberPhase.Frozen).Last);
        Assert.Equal("0 cut", group.At(0, MemberPhase.Frozen).Last);
        Assert.Equal(state.Stage, group.State.Stage);
        Assert.Equal("0 cut", group.At(0, MemberPhase.Prepared).Last);
    }

    [Fact]
    public void An_aborted_run_cancels_its_groups()
    {
        var group = AllReserved(2).Step(new GroupInput.Stop(ItemState.Cancelled, "the run was aborted", null));
        Assert.Equal(ItemState.Cancelled, group.Says(1, GroupStep.Void).Voided!.State);
    }

    [Fact]
    public void An_abort_comes_too_late_once_the_members_are_told_to_end()
    {
        var group = new Group(2, resumed: true).Begin().Step(Published(0)).Step(Published(1));
        Assert.Equal("0 end, 1 end", group.Last);
        Assert.Equal("", group.Step(Abort).Last);
        group.End(0, ItemState.Succeeded);
        Assert.Equal("ended succeeded succeeded", group.End(1, ItemState.Succeeded).Last);
    }

    [Theory]
    [InlineData(MemberPhase.Published, GroupStage.Ending)]
    [InlineData(MemberPhase.Verified, GroupStage.Void)]
    public void A_new_coordinator_stops_its_group_only_if_no_member_was_told_to_end(
        MemberPhase phase, GroupStage stage)
    {
        var group = new Group(2, resumed: true).Begin().Step(Abort).Step(Published(0));
        Assert.Equal(GroupStage.Gathering, group.State.Stage);
        Assert.Equal(stage, group.At(1, phase).State.Stage);
    }

    [Theory]
    [InlineData(true, "2 end, spread")]
    [InlineData(false, "1 void, 2 void")]
    public void A_VM_that_is_gone_behind_a_crash_costs_no_point_of_a_group_that_had_finished(bool finished, string told)
    {
        var group = new Group(3, resumed: true).Begin().End(0, ItemState.Unreachable).Step(
            finished ? new GroupInput.MemberEnded(Outcome(1, ItemState.Succeeded)) : Published(1));
        Assert.Equal(GroupStage.Gathering, group.State.Stage);
        Assert.Equal(told, group.Step(Published(2)).Last);
    }

    [Fact]
    public void A_member_that_waits_for_its_turn_is_waited_for()
    {
        var group = new Group(2).Begin().At(0, MemberPhase.Queued).Wait(3_600_000).At(0, MemberPhase.Queued);
        Assert.Equal(GroupStage.Gathering, group.State.Stage);
    }

    [Fact]
    public void A_member_that_lost_its_place_to_another_run_in_a_crash_voids_its_group()
    {
        var group = AllFrozen(2).At(0, MemberPhase.Queued);
        Assert.Equal(GroupStage.Cutting, group.Wait(11_000).At(0, MemberPhase.Frozen).At(0, MemberPhase.Queued).State.Stage);
        group.Wait(11_000).At(0, MemberPhase.Queued);
        Assert.Equal((GroupStage.Void, ItemState.Interrupted), (group.State.Stage, group.State.Cause!.State));
    }

    [Fact]
    public void Members_that_an_earlier_coordinator_began_count_as_begun() =>
        Assert.Equal(2, new Group(2, resumed: true).Begin().At(1, MemberPhase.Closed).State.Begun);

    private static Group Prepared(int size, int? slow = null, int? uncovered = null)
    {
        var group = new Group(size).Begin();
        for (var i = 0; i < size; i++)
            group.At(i, MemberPhase.Begun).Step(
                new GroupInput.Reported(i, new MemberReport(MemberPhase.Prepared, Slow: i == slow, Covered: i != uncovered)));
        return group;
    }

    private static Group AllReserved(int size, int? uncovered = null)
    {
        var group = Prepared(size, uncovered: uncovered);
        for (var i = 0; i < size; i++) group.At(i, MemberPhase.Reserved);
        return group;
    }

    private static Group AllFrozen(int size, int? uncovered = null)
    {
        var group = AllReserved(size, uncovered);
        for (var i = 0; i < size; i++) group.At(i, MemberPhase.Frozen);
        return group;
    }

    private static readonly GroupInput Abort = new GroupInput.Stop(ItemState.Cancelled, "the run was aborted", null);

    private static GroupInput.Reported Published(int item) =>
        new GroupInput.Reported(item, new MemberReport(MemberPhase.Published, Verdict: new GroupVerdict(12, Covered: true)));

    private static ItemOutcome Outcome(int item, ItemState state) =>
        new(item, 1, state, state == ItemState.Succeeded ? null : "because");

    /// <summary>A group under test; each step takes a millisecond.</summary>
    private sealed class Group(int size, bool resumed = false)
    {
        private IReadOnlyList<GroupEffect> _last = [];

        public double Ms { get; private set; }

        public GroupState State { get; private set; } =
            new("shop", TimeSpan.FromSeconds(5), [.. Enumerable.Range(0, size).Select(i => new GroupMember(i, $"vm{i}", 1))])
            {
                Resumed = resumed,
            };

        public string Last => string.Join(", ", _last.Select(effect => effect switch
        {
            GroupEffect.Start e => $"start {e.Item}",
            GroupEffect.Tell e => $"{e.Item} {char.ToLowerInvariant(e.Order.Step.ToString()[0])}{e.Order.Step.ToString()[1..]}",
            GroupEffect.ArmSpread => "spread",
            GroupEffect.End e => $"ended {string.Join(' ', e.Outcomes.Select(o => o.State.ToString().ToLowerInvariant()))}",
            _ => effect.ToString(),
        }));

        /// <summary>The last word that this member was told, which must be this one.</summary>
        public GroupOrder Says(int item, GroupStep word) =>
            _last.OfType<GroupEffect.Tell>().Where(said => said.Item == item).Select(said => said.Order)
                .Single(order => order.Step == word);

        public Group Begin() => Step(new GroupInput.Begin());

        public Group At(int item, MemberPhase phase) => Step(new GroupInput.Reported(item, new MemberReport(phase)));

        public Group End(int item, ItemState state) => Step(new GroupInput.MemberEnded(Outcome(item, state)));

        public Group Wait(double ms)
        {
            Ms += ms;
            return this;
        }

        public Group Step(GroupInput input)
        {
            Ms++;
            (State, _last) = GroupRules.Step(State, input, Clock.At(Ms));
            return this;
        }
    }
}

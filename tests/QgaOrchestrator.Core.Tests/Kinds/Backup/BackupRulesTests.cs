using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;

namespace QgaOrchestrator.Core.Tests.Kinds.Backup;

/// <summary>One VM's backup: each row is a life, input by input, and what was done.</summary>
public class BackupRulesTests
{
    [Theory]
    [InlineData("good window", "fit prepared held frozen cut held-well hooks copied verified published catalogued",
        "Check Prepare Store Show:window HoldMonitor OpenWindow AskHooks Store:window Show:copy Copy Store:window,copied "
            + "Show:verify Verify Show:catalog Publish Catalog End:Succeeded")]
    [InlineData("no freeze wanted or possible", "unfrozen prepared cut-unfrozen copied verified published catalogued",
        "Check Prepare Store Show:window CutUnfrozen Store:unfrozen Show:copy Copy Store:unfrozen,copied "
            + "Show:verify Verify Show:catalog Publish Catalog End:Succeeded")]
    [InlineData("unfit", "unfit", "Check End:Failed")]
    [InlineData("check fails", "failed", "Check End:Failed")]
    [InlineData("prepare fails", "fit failed undone", "Check Prepare Undo End:Failed")]
    [InlineData("window refused", "fit prepared held refused undone",
        "Check Prepare Store Show:window HoldMonitor OpenWindow Undo End:Unreachable")]
    [InlineData("window broken", "fit prepared held broken undone",
        "Check Prepare Store Show:window HoldMonitor OpenWindow Undo End:Failed")]
    [InlineData("freeze refused by a hook", "fit prepared held freeze-refused hooks undone",
        "Check Prepare Store Show:window HoldMonitor OpenWindow AskHooks:why Undo End:Failed")]
    [InlineData("unsettled", "fit prepared held unsettled undone",
        "Check Prepare Store Show:window HoldMonitor OpenWindow Undo End:Unknown")]
    [InlineData("copy fails", "fit prepared held held-well hooks failed undone",
        "Check Prepare Store Show:window HoldMonitor OpenWindow AskHooks Store:window Show:copy Copy Undo End:Failed")]
    public void A_backup_alone_takes_its_steps_in_order(string name, string inputs, string effects) =>
        AssertLife(name, new BackupLife(Consistency.Require, grouped: false), inputs, effects);

    [Theory]
    [InlineData("broken", "Prepare:again")]
    [InlineData("refused", "Prepare:again")]
    [InlineData("freeze-refused hooks", "AskHooks:why Prepare:again")]
    [InlineData("unsettled", "Undo")]
    [InlineData("abort broken", "Steer:ThawNow Undo")]
    public void Only_prefer_falls_back_and_only_where_the_guest_is_thawed(string end, string effects)
    {
        var life = new BackupLife(Consistency.Prefer, grouped: false);
        life.Play("fit prepared held");
        AssertEffects(effects, life.Play(end));
        Assert.DoesNotContain("again", string.Join(' ', After(Consistency.Require, grouped: false, end)));
        Assert.DoesNotContain("again", string.Join(' ', After(Consistency.Prefer, grouped: true, end)));

        static IReadOnlyList<string> After(Consistency consistency, bool grouped, string end)
        {
            var other = new BackupLife(consistency, grouped);
            other.Play(grouped ? "fit prepared reserve held" : "fit prepared held");
            return other.Play(end);
        }
    }

    [Fact]
    public void After_a_fallback_the_running_guest_is_cut_and_the_draft_says_so()
    {
        var life = new BackupLife(Consistency.Prefer, grouped: false);
        life.Play("fit prepared held broken");
        AssertEffects(
            "Store Show:window CutUnfrozen Store:unfrozen Show:copy Copy", life.Play("prepared cut-unfrozen"));
    }

    [Theory]
    [InlineData("frozen", "fit prepared reserve held reserved freeze frozen cut-now cut held-well hooks go-on copied "
        + "verified publish published end catalogued",
        "Report:Begun Check Prepare Store Report:Prepared Show:window HoldMonitor OpenWindow Report:Reserved "
            + "Steer:FreezeNow Report:Frozen Steer:CutNow Report:Cut AskHooks Store:window Report:Closed "
            + "Store:window,verdict Show:copy Report:Copying Copy Store:window,copied,verdict Show:verify Verify Report:Verified "
            + "Show:catalog Publish Report:Published Catalog End:Succeeded")]
    [InlineData("not frozen", "unfrozen prepared reserve freeze cut-now cut-unfrozen go-on",
        "Report:Begun Check Prepare Store Report:Prepared Show:window Report:Reserved Report:Frozen CutUnfrozen "
            + "Store:unfrozen Report:Closed Store:unfrozen,verdict Show:copy Report:Copying Copy")]
    [InlineData("fails", "fit prepared reserve held broken undone",
        "Report:Begun Check Prepare Store Report:Prepared Show:window HoldMonitor OpenWindow Report:Begun,failing Undo "
            + "End:Failed")]
    [InlineData("its freeze is refused", "fit prepared reserve held reserved freeze freeze-refused hooks undone",
        "Report:Begun Check Prepare Store Report:Prepared Show:window HoldMonitor OpenWindow Report:Reserved "
            + "Steer:FreezeNow AskHooks:why Report:Begun,failing Undo End:Failed")]
    public void A_groups_member_takes_each_step_when_its_group_orders_it(string name, string inputs, string effects) =>
        AssertLife(name, new BackupLife(Consistency.Require, grouped: true), inputs, effects);

    [Theory]
    [InlineData("", "End:Cancelled")]
    [InlineData("fit", "CancelStep | prepared -> Undo")]
    [InlineData("fit", "CancelStep | failed -> Undo")]
    [InlineData("fit prepared", "CancelStep | held -> Undo")]
    [InlineData("fit prepared held", "Steer:ThawNow | held-well -> Undo")]
    [InlineData("fit prepared held", "Steer:ThawNow | refused -> Undo")]
    [InlineData("fit prepared held held-well", "CancelStep | hooks -> Undo")]
    [InlineData("fit prepared held held-well hooks", "CancelStep | failed -> Undo")]
    [InlineData("fit prepared held held-well hooks copied", "CancelStep | verified -> Undo")]
    [InlineData("unfrozen prepared", "CancelStep | cut-unfrozen -> Undo")]
    public void An_abort_stops_the_step_under_way_then_undoes_and_ends_cancelled(string before, string then)
    {
        var life = new BackupLife(Consistency.Require, grouped: false);
        life.Play(before);
        var parts = then.Split(" | ");
        AssertEffects(parts[0], life.Play("abort"));
        Assert.Empty(life.Play("abort void"));
        if (parts is [_, var end])
        {
            AssertEffects(end.Split(" -> ")[1], life.Play(end.Split(" -> ")[0]));
            AssertEffects("End:Cancelled", life.Play("undone"));
        }
        Assert.Equal(ItemOutcome.RunAborted, life.Ended!.Reason);
    }

    [Theory]
    [InlineData("fit prepared held held-well hooks copied verified")]
    [InlineData("fit prepared held held-well hooks copied verified published")]
    public void An_abort_is_too_late_once_a_vm_alone_publishes(string before)
    {
        var life = new BackupLife(Consistency.Require, grouped: false);
        life.Play(before);
        Assert.Empty(life.Play("abort"));
        life.Play("published catalogued");
        Assert.Equal(ItemState.Succeeded, life.Ended!.State);
    }

    [Theory]
    [InlineData("fit prepared", "Report:Begun Undo")]
    [InlineData("fit prepared reserve held held-well hooks", "Report:Begun Undo")]
    [InlineData("fit prepared reserve held held-well hooks go-on copied verified", "Report:Begun Undo")]
    [InlineData("fit prepared reserve held held-well hooks go-on copied verified publish published", "Report:Begun Undo")]
    public void A_void_group_undoes_a_member_that_waits(string before, string effects)
    {
        var life = new BackupLife(Consistency.Require, grouped: true);
        life.Play(before);
        AssertEffects(effects, life.Play("void"));
        life.Play("undone");
        Assert.Equal("its group is void", life.Ended!.Reason);
    }

    [Fact]
    public void An_aborted_item_still_ends_as_unknown_where_its_freeze_is_unknown()
    {
        var life = new BackupLife(Consistency.Require, grouped: false);
        life.Play("fit prepared held abort unsettled undone");
        Assert.Equal(ItemState.Unknown, life.Ended!.State);
    }

    [Fact]
    public void What_an_undo_leaves_is_added_to_the_outcome()
    {
        var life = new BackupLife(Consistency.Require, grouped: false);
        life.Play("fit failed not-undone");
        Assert.Equal("it failed; and not all could be undone: a job is left", life.Ended!.Reason);
    }

    [Theory]
    [InlineData("finished published catalogued", "Look Show:catalog Publish Catalog End:Succeeded")]
    [InlineData("finished-unreached published catalogued", "Look Show:catalog Publish Catalog End:Succeeded")]
    [InlineData("abort finished published catalogued", "Look Show:catalog Publish Catalog End:Succeeded")]
    [InlineData("abort held-well-found undone", "Look Undo End:Cancelled")]
    [InlineData("abort failed undone", "Look Undo End:Cancelled")]
    [InlineData("nothing-found undone", "Look Undo End:Interrupted")]
    [InlineData("obstacle undone", "Look Undo End:Unreachable")]
    [InlineData(
        "held-well-found copies-known copied",
        "Look CheckCopies Store:window Show:copy Copy Store:window,copied Show:verify Verify"
    )]
    [InlineData("held-well-found copies-lost undone", "Look CheckCopies Undo End:Interrupted")]
    [InlineData("copied-found verified", "Look Show:verify Verify Show:catalog Publish")]
    [InlineData("unfit", "Look End:Failed")]
    public void After_a_crash_a_backup_ends_resumes_or_is_undone(string inputs, string effects) =>
        AssertLife(inputs, new BackupLife(Consistency.Require, grouped: false, resume: true), inputs, effects);

    [Theory]
    [InlineData("finished published end catalogued",
        "Report:Begun Look Show:catalog Publish Report:Published Catalog End:Succeeded")]
    [InlineData("void finished undone", "Report:Begun Look Undo End:Interrupted")]
    [InlineData("held-well-found copies-known", "Report:Begun Look CheckCopies Store:window Report:Closed")]
    public void After_a_crash_a_group_member_reports_its_progress_and_waits(string inputs, string effects) =>
        AssertLife(inputs, new BackupLife(Consistency.Require, grouped: true, resume: true), inputs, effects);

    /// <summary>From every state that a life comes through, for every input.</summary>
    [Fact]
    public void An_input_that_comes_twice_does_nothing_the_second_time()
    {
        foreach (var state in BackupLife.Everywhere())
            foreach (var (name, input) in BackupLife.Inputs.Where(pair => pair.Value is not BackupInput.Repeat))
            {
                var (once, _) = BackupRules.Step(state, input);
                var (twice, effects) = BackupRules.Step(once, input);
                // An open window ignores what it is told twice (WindowRules).
                Assert.True(
                    effects.All(effect => effect is BackupEffect.SteerWindow) && twice == once,
                    $"{name} twice in {state}: {string.Join(", ", effects)}");
            }
    }

    [Fact]
    public void A_repeat_tells_the_group_again_and_changes_nothing()
    {
        foreach (var state in BackupLife.Everywhere().Where(state => state is not BackupState.Ended))
        {
            var (same, effects) = BackupRules.Step(state, new BackupInput.Repeat());
            Assert.Equal(state, same);
            Assert.Equal(
                state.Order.Grouped ? [new BackupEffect.Report(MemberReports.Of(state)!)] : Array.Empty<BackupEffect>(), effects);
        }
    }

    [Fact]
    public void Nothing_but_a_published_point_ends_well_and_whatever_was_made_is_undone()
    {
        foreach (var state in BackupLife.Everywhere())
            foreach (var (name, input) in BackupLife.Inputs)
                foreach (var end in BackupRules.Step(state, input).Effects.OfType<BackupEffect.End>())
                    Assert.True(
                        state is BackupState.Undoing or BackupState.Checking
                        || (state, input) is (BackupState.Looking, BackupInput.Unfit)
                        || (state is BackupState.Cataloguing && end.Outcome.State == ItemState.Succeeded),
                        $"{name} in {state} ends it {end.Outcome.State}");
    }

    private static void AssertLife(string name, BackupLife life, string inputs, string effects)
    {
        var seen = string.Join(' ', life.First.Concat(life.Play(inputs)));
        Assert.True(effects == seen, $"{name}:\n{effects}\n{seen}");
    }

    private static void AssertEffects(string expected, IReadOnlyList<string> effects) =>
        Assert.Equal(expected, string.Join(' ', effects));
}

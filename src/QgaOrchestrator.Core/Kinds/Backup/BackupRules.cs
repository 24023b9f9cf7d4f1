using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Vms;

using Next = (
    QgaOrchestrator.Core.Kinds.Backup.BackupState State,
    System.Collections.Generic.IReadOnlyList<QgaOrchestrator.Core.Kinds.Backup.BackupEffect> Effects);

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>
/// The rules of one VM's backup: check, prepare, window, copy, verify, publish, catalog. Whatever fails is undone before the
/// item ends; an item that is told to end first thaws an open window, then cancels the step under way, then undoes. After a
/// crash <see cref="BackupRecovery"/> decides. The rules have no clock: the window and the group keep the limits.
/// </summary>
public static class BackupRules
{
    /// <param name="order">What to do.</param>
    /// <param name="resume">An earlier process may have begun this attempt: it is looked for, and never begun.</param>
    public static Next Begin(BackupOrder order, bool resume)
    {
        BackupState state = resume ? new BackupState.Looking(order, Halted: null) : new BackupState.Checking(order);
        return (state, [.. ReportIfGrouped(state), resume ? new BackupEffect.Look() : new BackupEffect.Check()]);
    }

    public static Next Step(BackupState state, BackupInput input)
    {
        var (next, effects) = Decide(state, input);
        IEnumerable<BackupEffect> shown = BackupSteps.ShownIn(next) is { } step && step != BackupSteps.ShownIn(state)
            ? [new BackupEffect.Show(step)]
            : [];
        var reported = MemberReports.Of(next) != MemberReports.Of(state) ? ReportIfGrouped(next) : [];
        // What is shown or reported is stored before.
        return (next, [.. effects.Where(IsStored), .. shown, .. reported, .. effects.Where(effect => !IsStored(effect))]);
    }

    private static bool IsStored(BackupEffect effect) => effect is BackupEffect.StoreDraft;

    private static IEnumerable<BackupEffect> ReportIfGrouped(BackupState state) =>
        state.Order.Grouped && MemberReports.Of(state) is { } report ? [new BackupEffect.Report(report)] : [];

    private static Next Decide(BackupState state, BackupInput input) => (state, input) switch
    {
        (BackupState.Ended, _) => (state, []),
        (_, BackupInput.Repeat) => (state, [.. ReportIfGrouped(state)]),

        (_, BackupInput.Aborted) => Halt(state, BackupOutcomes.Aborted(state.Order)),
        (_, BackupInput.Ordered { Order: { Step: GroupStep.Void, Voided: { } voided } }) => Halt(state, voided),

        (BackupState.Checking s, BackupInput.Unfit i) => End(s.Order, BackupOutcomes.Of(s.Order, i.Finding)),
        (BackupState.Checking s, BackupInput.Fit i) =>
            (new BackupState.Preparing(s.Order, i.Freezes), [new BackupEffect.Prepare(Again: false)]),
        // Nothing is made yet.
        (BackupState.Checking s, BackupInput.StepFailed i) => End(s.Order, BackupOutcomes.Of(s.Order, i)),

        (BackupState.Preparing s, BackupInput.Prepared i) => Prepared(s, i),
        (BackupState.Prepared s, BackupInput.Ordered { Order.Step: GroupStep.Reserve }) => Cut(s.Order, s.Freezes, s.Report),
        (BackupState.HoldingMonitor s, BackupInput.MonitorHeld) =>
            (new BackupState.InWindow(s.Order, s.Report, Halted: null), [new BackupEffect.OpenWindow()]),

        (BackupState.InWindow s, BackupInput.Ordered i) when Steering(i.Order) is { } steer =>
            (s, [new BackupEffect.SteerWindow(steer)]),
        (BackupState.InWindow s, BackupInput.WindowMoved i) => (s with { Report = MemberReports.In(s, i.Progress) }, []),
        (BackupState.InWindow s, BackupInput.WindowClosed i) => WindowClosed(s, i.Record),
        (BackupState.InWindow s, BackupInput.WindowRefused i) => WindowFailed(s, BackupOutcomes.Of(s.Order, i)),
        (BackupState.InWindow s, BackupInput.WindowUnsettled i) => WindowFailed(s, BackupOutcomes.Of(s.Order, i)),
        (BackupState.AskingHooks s, BackupInput.HooksAsked i) =>
            BackupOutcomes.OfBroken(s.Order, s.Window, i.Refusal) is { } broken
                ? Broken(s.Order, broken)
                : CutIsMade(s.Order, BackupDraft.Prepared with { Window = s.Window }),

        (BackupState.WaitingUnfrozen { Next: GroupStep.Freeze } s, BackupInput.Ordered { Order.Step: GroupStep.Freeze }) =>
            (s with { Next = GroupStep.Cut }, []),
        (BackupState.WaitingUnfrozen { Next: GroupStep.Cut } s, BackupInput.Ordered { Order.Step: GroupStep.Cut }) =>
            (new BackupState.CuttingUnfrozen(s.Order), [new BackupEffect.CutUnfrozen()]),
        (BackupState.CuttingUnfrozen s, BackupInput.DisksCut) =>
            CutIsMade(s.Order, BackupDraft.Prepared with { Unfrozen = true }),

        (BackupState.Closed s, BackupInput.Ordered { Order: { Step: GroupStep.Copy, Verdict: { } verdict } }) =>
            Copy(s.Order, s.Draft with { Verdict = verdict }, store: true),
        (BackupState.Copying s, BackupInput.Copied) => Copy(s.Order, s.Draft with { Copied = true }, store: true),
        (BackupState.Verifying s, BackupInput.Verified i) => s.Order.Grouped
            ? (new BackupState.Verified(s.Order, s.Draft, i.Point), [])
            : Publish(s.Order, i.Point, MemberReports.Verified(s.Draft)),
        (BackupState.Verified s, BackupInput.Ordered { Order.Step: GroupStep.Publish }) =>
            Publish(s.Order, s.Point, MemberReports.Verified(s.Draft)),
        (BackupState.Publishing s, BackupInput.Published) => s.Order.Grouped
            ? (new BackupState.Published(s.Order, s.Point), [])
            : Catalog(s.Order, s.Point),
        (BackupState.Published s, BackupInput.Ordered { Order.Step: GroupStep.End }) => Catalog(s.Order, s.Point),
        (BackupState.Cataloguing s, BackupInput.Catalogued) => End(s.Order, BackupOutcomes.Succeeded(s.Order, s.Point)),

        (BackupState.Looking s, BackupInput.Unfit i) => End(s.Order, BackupOutcomes.Of(s.Order, i.Finding)),
        (BackupState.Looking s, BackupInput.Found i) => Found(s, i),
        (BackupState.CheckingCopies s, BackupInput.CopiesChecked i) => i.Known
            ? CutIsMade(s.Order, s.Draft)
            : Undo(s.Order, BackupOutcomes.Interrupted(s.Order)),

        (BackupState.Looking { Halted: { } halted } s, BackupInput.StepFailed) => Undo(s.Order, halted, halted: true),
        (_, BackupInput.StepFailed i) when BackupSteps.IsUnderWay(state) =>
            Undo(state.Order, BackupOutcomes.Of(state.Order, i)),
        (BackupState.Stopping s, _) when BackupSteps.Ends(s.Step, input) => Undo(s.Order, s.Outcome, halted: true),
        (BackupState.Undoing s, BackupInput.Undone i) => End(s.Order, BackupOutcomes.Of(s.Outcome, i)),

        // Late or repeated: its step is over.
        _ => (state, []),
    };

    // ---- before the cut

    private static Next Prepared(BackupState.Preparing state, BackupInput.Prepared done)
    {
        var report = new MemberReport(MemberPhase.Prepared, done.Slow, done.Covered);
        var (next, effects) = state.Order.Grouped
            ? (new BackupState.Prepared(state.Order, state.Freezes, report), [])
            : Cut(state.Order, state.Freezes, report);
        return (next, [new BackupEffect.StoreDraft(BackupDraft.Prepared), .. effects]);
    }

    private static Next Cut(BackupOrder order, bool freezes, MemberReport report) => (freezes, order.Grouped) switch
    {
        (true, _) => (new BackupState.HoldingMonitor(order, report), [new BackupEffect.HoldMonitor()]),
        // It is not frozen, and says so: the group cuts it with the others.
        (false, true) => (new BackupState.WaitingUnfrozen(order, GroupStep.Freeze), []),
        (false, false) => (new BackupState.CuttingUnfrozen(order), [new BackupEffect.CutUnfrozen()]),
    };

    // ---- the window

    private static WindowInput? Steering(GroupOrder order) => order.Step switch
    {
        GroupStep.Freeze => new WindowInput.FreezeNow(),
        GroupStep.Cut => new WindowInput.CutNow(order.Hold),
        GroupStep.Thaw => new WindowInput.AllCut(),
        _ => null,
    };

    private static Next WindowClosed(BackupState.InWindow state, WindowRecord record) => state switch
    {
        { Halted: { } halted } => Undo(state.Order, halted, halted: true),
        _ when BackupKind.Judge(record) is null || record is { FreezeRefused: true, Moved: false } =>
            (new BackupState.AskingHooks(state.Order, record), [new BackupEffect.AskHooks(record.FreezeRefused)]),
        _ => Broken(state.Order, BackupOutcomes.OfBroken(state.Order, record, refusal: null)!),
    };

    /// <summary>No record of the window: it was not opened, or nobody knows whether the guest is thawed. The latter is
    /// told also where the item was told to end.</summary>
    private static Next WindowFailed(BackupState.InWindow state, ItemOutcome failure) => state switch
    {
        { Halted: { } halted } => Undo(state.Order, failure.State == ItemState.Unknown ? failure : halted, halted: true),
        _ => Broken(state.Order, failure),
    };

    private static Next Broken(BackupOrder order, ItemOutcome failure) => MayFallBack(order, failure)
        ? (new BackupState.Preparing(order, Freezes: false), [new BackupEffect.Prepare(Again: true)])
        : Undo(order, failure);

    /// <summary>
    /// Whether the guest is cut as it runs because its window broke: the options prefer a freeze and do not require it, the
    /// guest is known to be thawed and here, and no group depends on this cut. The other way to an unfrozen cut is decided
    /// before the window, where a guest cannot be frozen at all: <see cref="PreflightRules.Freeze"/>.
    /// </summary>
    private static bool MayFallBack(BackupOrder order, ItemOutcome failure) =>
        order is { Consistency: Consistency.Prefer, Grouped: false }
        && failure.State is not (ItemState.Unknown or ItemState.Interrupted);

    // ---- behind the cut: the same after a window and after a crash

    /// <summary>The cut is stored before anything is made of it: after a crash, too, where only the ledger knew of it.</summary>
    private static Next CutIsMade(BackupOrder order, BackupDraft draft)
    {
        var (next, effects) = Agree(order, draft);
        return (next, [new BackupEffect.StoreDraft(draft), .. effects]);
    }

    /// <summary>A group's member copies when all windows of the group have held.</summary>
    private static Next Agree(BackupOrder order, BackupDraft draft) => order.Grouped && draft.Verdict is null
        ? (new BackupState.Closed(order, draft), [])
        : Copy(order, draft, store: false);

    private static Next Copy(BackupOrder order, BackupDraft draft, bool store)
    {
        IEnumerable<BackupEffect> stored = store ? [new BackupEffect.StoreDraft(draft)] : [];
        return draft.Copied
            ? (new BackupState.Verifying(order, draft), [.. stored, new BackupEffect.Verify()])
            : (new BackupState.Copying(order, draft), [.. stored, new BackupEffect.Copy()]);
    }

    private static Next Publish(BackupOrder order, RecoveryPoint point, MemberReport report) =>
        (new BackupState.Publishing(order, point, report), [new BackupEffect.Publish(point)]);

    private static Next Catalog(BackupOrder order, RecoveryPoint point) =>
        (new BackupState.Cataloguing(order, point), [new BackupEffect.Catalog(point)]);

    // ---- after a crash

    private static Next Found(BackupState.Looking state, BackupInput.Found found) =>
        (BackupRecovery.Decide(found.Remains), state, found.Obstacle) switch
        {
            // A VM alone has succeeded, whatever it was told since. It is written once more: a draft may still be there.
            (RecoveryPlan.Finished plan, { Halted: null } or { Order.Grouped: false }, _) =>
                Publish(state.Order, plan.Point, MemberReports.Begun),
            (_, { Halted: { } halted }, _) => Undo(state.Order, halted, halted: true),
            (_, _, { } obstacle) => Undo(state.Order, BackupOutcomes.Of(state.Order, obstacle)),
            (RecoveryPlan.Resume { Draft: { Copied: true } draft }, _, _) => Agree(state.Order, draft),
            (RecoveryPlan.Resume plan, _, _) =>
                (new BackupState.CheckingCopies(state.Order, plan.Draft), [new BackupEffect.CheckCopies()]),
            _ => Undo(state.Order, BackupOutcomes.Interrupted(state.Order)),
        };

    // ---- the end

    /// <summary>The item was told to end: at any instant, by an abort or by its group. The first reason stands.</summary>
    private static Next Halt(BackupState state, ItemOutcome outcome) => state switch
    {
        BackupState.Checking => End(state.Order, outcome),
        BackupState.Looking { Halted: null } s => (s with { Halted = outcome }, []),
        BackupState.InWindow { Halted: null } s =>
            (s with { Halted = outcome }, [new BackupEffect.SteerWindow(new WindowInput.ThawNow(outcome.Reason ?? "halted"))]),
        // Too late, or told already.
        BackupState.Looking or BackupState.InWindow or BackupState.Cataloguing => (state, []),
        BackupState.Publishing { Order.Grouped: false } => (state, []),
        BackupState.Stopping or BackupState.Undoing => (state, []),
        _ when BackupSteps.IsUnderWay(state) => (new BackupState.Stopping(state, outcome), [new BackupEffect.CancelStep()]),
        _ => Undo(state.Order, outcome, halted: true),
    };

    private static Next Undo(BackupOrder order, ItemOutcome outcome, bool halted = false) =>
        (new BackupState.Undoing(order, outcome, halted), [new BackupEffect.Undo()]);

    private static Next End(BackupOrder order, ItemOutcome outcome) =>
        (new BackupState.Ended(order, outcome), [new BackupEffect.End(outcome)]);
}

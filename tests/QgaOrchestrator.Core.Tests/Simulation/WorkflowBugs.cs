using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Runs.Groups;

namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>The rules of a backup, with a planted bug.</summary>
internal static class WorkflowBugs
{
    public static (BackupState State, IReadOnlyList<BackupEffect> Effects) Step(
        Planted bug, BackupState state, BackupInput input)
    {
        var right = BackupRules.Step(state, input);
        return (bug, state, input, right.State) switch
        {
            (Planted.SuccessWithoutPoint, BackupState.Looking, BackupInput.Found, BackupState.Undoing s) =>
                End(s.Order, s.Outcome with { State = ItemState.Succeeded }),
            (Planted.UndoSkippedAfterACrash, BackupState.Looking or BackupState.CheckingCopies, _, BackupState.Undoing s) =>
                End(s.Order, s.Outcome),
            (Planted.UndoSkipped, BackupState.Copying or BackupState.Prepared, _, BackupState.Undoing s) =>
                End(s.Order, s.Outcome),
            (Planted.VerdictNotStored, BackupState.Closed, BackupInput.Ordered { Order.Step: GroupStep.Copy }, _) =>
                (right.State, [.. right.Effects.Where(effect => effect is not BackupEffect.StoreDraft)]),
            (Planted.FallsBackThoughRequired, BackupState.InWindow or BackupState.AskingHooks, _, BackupState.Undoing) =>
                BackupRules.Step(state with { Order = state.Order with { Consistency = Consistency.Prefer } }, input),
            (Planted.UnknownTurnedIntoCancelled, BackupState.InWindow { Halted: { } halted }, BackupInput.WindowUnsettled, _) =>
                (new BackupState.Undoing(state.Order, halted, Halted: true), [new BackupEffect.Undo()]),
            (Planted.HaltedWithoutThaw, BackupState.InWindow, _, BackupState.InWindow { Halted: { } halted }) =>
                (new BackupState.Undoing(state.Order, halted, Halted: true), [new BackupEffect.Undo()]),
            _ => right,
        };
    }

    private static (BackupState State, IReadOnlyList<BackupEffect> Effects) End(BackupOrder order, ItemOutcome outcome) =>
        (new BackupState.Ended(order, outcome), [new BackupEffect.End(outcome)]);
}

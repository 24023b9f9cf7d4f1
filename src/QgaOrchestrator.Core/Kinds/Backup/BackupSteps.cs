using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>Which step is under way in a state, what ends it, and what is shown of it.</summary>
internal static class BackupSteps
{
    /// <summary>A step is under way that can fail. A window cannot: it closes, is refused, or stays unsettled.</summary>
    public static bool IsUnderWay(BackupState state) => state is
        BackupState.Checking
        or BackupState.Looking
        or BackupState.CheckingCopies
        or BackupState.Preparing
        or BackupState.HoldingMonitor
        or BackupState.AskingHooks
        or BackupState.CuttingUnfrozen
        or BackupState.Copying
        or BackupState.Verifying
        or BackupState.Publishing
        or BackupState.Cataloguing;

    /// <summary>The input ends the step that is under way in the state.</summary>
    public static bool Ends(BackupState state, BackupInput input) => (state, input) switch
    {
        (_, BackupInput.StepFailed) => IsUnderWay(state),
        (BackupState.CheckingCopies, BackupInput.CopiesChecked) => true,
        (BackupState.Preparing, BackupInput.Prepared) => true,
        (BackupState.HoldingMonitor, BackupInput.MonitorHeld) => true,
        (BackupState.AskingHooks, BackupInput.HooksAsked) => true,
        (BackupState.CuttingUnfrozen, BackupInput.DisksCut) => true,
        (BackupState.Copying, BackupInput.Copied) => true,
        (BackupState.Verifying, BackupInput.Verified) => true,
        (BackupState.Publishing, BackupInput.Published) => true,
        _ => false,
    };

    /// <summary>The run's step that a state belongs to; null: what was shown before stays.</summary>
    public static RunStep? ShownIn(BackupState state) => state switch
    {
        BackupState.HoldingMonitor or BackupState.InWindow => BackupKind.Window,
        BackupState.WaitingUnfrozen or BackupState.CuttingUnfrozen => BackupKind.Window,
        BackupState.Copying => BackupKind.Copy,
        BackupState.Verifying or BackupState.Verified => BackupKind.Verify,
        BackupState.Publishing or BackupState.Published or BackupState.Cataloguing => BackupKind.Catalog,
        _ => null,
    };
}

using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>How far a group's member is, as its group is told: it depends on the state alone, so that it can be told
/// again.</summary>
public static class MemberReports
{
    /// <summary>Null: the item has ended, and its outcome says so.</summary>
    public static MemberReport? Of(BackupState state) => state switch
    {
        BackupState.Prepared s => s.Report,
        BackupState.HoldingMonitor s => s.Report,
        BackupState.InWindow s => s.Report,
        // A refused freeze cut nothing: to call it cut would have the others cut.
        BackupState.AskingHooks { Window.FreezeRefused: true } => new MemberReport(MemberPhase.Reserved),
        BackupState.AskingHooks => new MemberReport(MemberPhase.Cut),
        BackupState.WaitingUnfrozen { Next: GroupStep.Freeze } => new MemberReport(MemberPhase.Reserved),
        BackupState.WaitingUnfrozen or BackupState.CuttingUnfrozen => new MemberReport(MemberPhase.Frozen),
        BackupState.Closed => new MemberReport(MemberPhase.Closed),
        BackupState.Copying s => new MemberReport(MemberPhase.Copying, Verdict: s.Draft.Verdict),
        BackupState.Verifying s => new MemberReport(MemberPhase.Copying, Verdict: s.Draft.Verdict),
        BackupState.Verified s => Verified(s.Draft),
        BackupState.Publishing s => s.Report,
        BackupState.Published s => Published(s.Point),
        BackupState.Cataloguing s => Published(s.Point),
        // The others need not wait until it is undone.
        BackupState.Undoing { Halted: false } s => new MemberReport(MemberPhase.Begun, Failing: s.Outcome),
        BackupState.Ended => null,
        _ => Begun,
    };

    public static MemberReport Begun { get; } = new(MemberPhase.Begun);

    public static MemberReport Verified(BackupDraft draft) => new(MemberPhase.Verified, Verdict: draft.Verdict);

    /// <summary>A window that has moved; what is told late changes nothing.</summary>
    public static MemberReport In(BackupState.InWindow state, WindowProgress progress)
    {
        var phase = progress switch
        {
            WindowProgress.Reserved => MemberPhase.Reserved,
            WindowProgress.Frozen => MemberPhase.Frozen,
            WindowProgress.Cut => MemberPhase.Cut,
            _ => state.Report.Phase,
        };
        return phase > state.Report.Phase ? new MemberReport(phase) : state.Report;
    }

    /// <summary>The draft is gone: what the group had agreed upon is told as far as the point says it.</summary>
    private static MemberReport Published(RecoveryPoint point) =>
        new(MemberPhase.Published, Verdict: new GroupVerdict(point.Proof.SkewMs ?? 0, point.Class != "crash"));
}

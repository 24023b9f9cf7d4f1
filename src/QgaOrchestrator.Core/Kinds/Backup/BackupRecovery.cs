using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>What is there of an attempt that an earlier process may have begun; null: it is not there.</summary>
/// <param name="Point">Its point.json.</param>
/// <param name="Draft">Its stored draft.</param>
/// <param name="Entry">Its window's entry in the ledger.</param>
public sealed record AttemptRemains(RecoveryPoint? Point, BackupDraft? Draft, EntryRemains? Entry);

/// <param name="Window">What the window saw.</param>
/// <param name="ThawedByNode">It was closed by the node whose window it was: nobody else has seen whether it held.</param>
public sealed record EntryRemains(WindowRecord Window, bool ThawedByNode);

/// <summary>How an attempt continues after a crash.</summary>
public abstract record RecoveryPlan
{
    private RecoveryPlan() { }

    /// <summary>The point is there: the attempt has succeeded.</summary>
    public sealed record Finished(RecoveryPoint Point) : RecoveryPlan;

    /// <summary>The cut held. Where its images are not whole yet, it continues only if QEMU still knows the copies.</summary>
    /// <param name="Draft">With what the window saw, also where only the ledger knew it.</param>
    public sealed record Resume(BackupDraft Draft) : RecoveryPlan;

    /// <summary>
    /// Whatever is there is undone, and the item is interrupted: its run gives it another attempt. Also where nothing is there:
    /// this attempt may have failed and been undone with its outcome lost, and no guest is frozen twice in one attempt.
    /// </summary>
    public sealed record Undo : RecoveryPlan;
}

/// <summary>After a crash nobody remembers: what follows depends on what is there, and on nothing else.</summary>
public static class BackupRecovery
{
    public static RecoveryPlan Decide(AttemptRemains remains) => remains switch
    {
        { Point: { } point } => new RecoveryPlan.Finished(point),
        { Draft: { Unfrozen: true } draft } => new RecoveryPlan.Resume(draft),
        { Draft: { } draft } when (draft.Window ?? Seen(remains.Entry)) is { } window && BackupKind.Judge(window) is null =>
            new RecoveryPlan.Resume(draft with { Window = window }),
        _ => new RecoveryPlan.Undo(),
    };

    private static WindowRecord? Seen(EntryRemains? entry) => entry is { ThawedByNode: true } ? entry.Window : null;
}

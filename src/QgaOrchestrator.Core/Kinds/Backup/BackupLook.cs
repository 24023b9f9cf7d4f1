using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>What lies there of an attempt that an earlier process may have begun; a part that is null does not.</summary>
/// <param name="Published">Its point.json is there.</param>
/// <param name="Draft">The plan beside its images.</param>
/// <param name="Entry">Its window's entry in the ledger.</param>
public sealed record BackupRemains(bool Published, DraftRemains? Draft, EntryRemains? Entry);

/// <param name="Window">What the window saw, when it had closed well; null before.</param>
/// <param name="Unfrozen">The cut was made of a running guest, as the options allow.</param>
/// <param name="Copied">All images are whole, and nothing of ours is in QEMU any more.</param>
public sealed record DraftRemains(WindowRecord? Window, bool Unfrozen, bool Copied);

/// <param name="Window">What the window saw.</param>
/// <param name="ThawedByNode">It was closed by the node whose window it was: nobody else has seen whether it held.</param>
public sealed record EntryRemains(WindowRecord Window, bool ThawedByNode);

/// <summary>How an attempt goes on whose earlier process has ended.</summary>
public enum BackupNext
{
    /// <summary>The point is there.</summary>
    End,

    /// <summary>The images are whole: verify, and publish.</summary>
    GoOn,

    /// <summary>The cut held: go on where QEMU still knows the copies, else undo.</summary>
    GoOnIfCopying,

    /// <summary>
    /// Whatever is there is undone, and the item is interrupted: its run gives it another attempt. Also where nothing is there:
    /// this one may have failed and been undone, and only its outcome is lost; no guest is frozen twice in one attempt.
    /// </summary>
    Undo,
}

/// <param name="Next">How it goes on.</param>
/// <param name="ByLedger">What the window saw is in the ledger's entry, and not in the draft yet.</param>
public readonly record struct BackupVerdict(BackupNext Next, bool ByLedger = false);

/// <summary>After a crash nobody remembers: what follows is a function of what lies there.</summary>
public static class BackupLook
{
    public static BackupVerdict At(BackupRemains remains) => remains switch
    {
        { Published: true } => new(BackupNext.End),
        { Draft: { } draft } when Held(draft, remains.Entry) => new(
            draft.Copied ? BackupNext.GoOn : BackupNext.GoOnIfCopying,
            draft.Window is null && remains.Entry is { ThawedByNode: true }
        ),
        _ => new(BackupNext.Undo),
    };

    private static bool Held(DraftRemains draft, EntryRemains? entry) =>
        draft.Unfrozen
        || (
            (draft.Window ?? (entry is { ThawedByNode: true } ? entry.Window : null)) is { } window
            && BackupKind.Judge(window) is null
        );
}

using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Tests.Vms;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Kinds.Backup;

/// <summary>What follows from what an earlier process left of an attempt.</summary>
public class BackupRecoveryTests
{
    private static readonly WindowRecord Good = new()
    {
        FreezeSent = Clock.At(0),
        FrozenAt = Clock.At(10),
        Frozen = 2,
        CutAt = Clock.At(20),
        ThawSent = Clock.At(21),
        ThawedAt = Clock.At(30),
        Thawed = 2,
    };

    private static readonly WindowRecord Broken = Good with { Broken = "the lease ended" };

    private static readonly BackupDraft Prepared = BackupDraft.Prepared;

    private static readonly RecoveryPoint Point = Backups.Point();

    private static readonly RecoveryPlan Undo = new RecoveryPlan.Undo();

    private static RecoveryPlan.Resume Resume(BackupDraft draft) => new RecoveryPlan.Resume(draft);

    public static TheoryData<AttemptRemains, RecoveryPlan> Remains => new()
    {
        { new(Point, null, null), new RecoveryPlan.Finished(Point) },
        { new(Point, Prepared, new(Broken, true)), new RecoveryPlan.Finished(Point) },
        { new(null, null, null), Undo },
        { new(null, null, new(Good, true)), Undo },
        { new(null, Prepared, null), Undo },
        // Only the ledger knows what the window saw.
        { new(null, Prepared, new(Good, ThawedByNode: true)), Resume(Prepared with { Window = Good }) },
        { new(null, Prepared, new(Good, ThawedByNode: false)), Undo },
        { new(null, Prepared, new(Broken, ThawedByNode: true)), Undo },
        { new(null, Prepared with { Window = Good }, null), Resume(Prepared with { Window = Good }) },
        { new(null, Prepared with { Window = Broken }, new(Good, ThawedByNode: true)), Undo },
        {
            new(null, Prepared with { Window = Good, Copied = true }, null),
            Resume(Prepared with { Window = Good, Copied = true })
        },
        { new(null, Prepared with { Unfrozen = true }, null), Resume(Prepared with { Unfrozen = true }) },
        {
            new(null, Prepared with { Unfrozen = true, Copied = true }, null),
            Resume(Prepared with { Unfrozen = true, Copied = true })
        },
    };

    [Theory]
    [MemberData(nameof(Remains))]
    public void A_backup_ends_resumes_or_is_undone_and_never_begins(AttemptRemains remains, RecoveryPlan plan) =>
        Assert.Equal(plan, BackupRecovery.Decide(remains));
}

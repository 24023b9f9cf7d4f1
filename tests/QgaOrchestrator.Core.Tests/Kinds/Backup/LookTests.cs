using QgaOrchestrator.Core.Kinds;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Tests.Vms;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Tests.Kinds.Backup;

/// <summary>What follows from what an earlier process left of an attempt.</summary>
public class LookTests
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

    private static readonly DraftRemains Prepared = new(null, Unfrozen: false, Copied: false);

    public static TheoryData<BackupRemains, BackupNext, bool> Remains => new()
    {
        { new(true, null, null), BackupNext.End, false },
        { new(true, Prepared, new(Broken, true)), BackupNext.End, false },
        { new(false, null, null), BackupNext.Undo, false },
        { new(false, null, new(Good, true)), BackupNext.Undo, false },
        { new(false, Prepared, null), BackupNext.Undo, false },
        { new(false, Prepared, new(Good, ThawedByNode: true)), BackupNext.GoOnIfCopying, true },
        { new(false, Prepared, new(Good, ThawedByNode: false)), BackupNext.Undo, false },
        { new(false, Prepared, new(Broken, ThawedByNode: true)), BackupNext.Undo, false },
        { new(false, Prepared with { Window = Good }, null), BackupNext.GoOnIfCopying, false },
        { new(false, Prepared with { Window = Broken }, new(Good, ThawedByNode: true)), BackupNext.Undo, false },
        { new(false, Prepared with { Window = Good, Copied = true }, null), BackupNext.GoOn, false },
        { new(false, Prepared with { Unfrozen = true }, null), BackupNext.GoOnIfCopying, false },
        { new(false, Prepared with { Unfrozen = true, Copied = true }, null), BackupNext.GoOn, false },
    };

    [Theory]
    [MemberData(nameof(Remains))]
    public void A_backup_ends_goes_on_or_is_undone_and_never_begins(BackupRemains remains, BackupNext next, bool byLedger) =>
        Assert.Equal(new BackupVerdict(next, byLedger), BackupLook.At(remains));

    [Theory]
    [InlineData(null, false, false, AskNext.Ask)]
    [InlineData(null, true, true, AskNext.Interrupted)]
    [InlineData("1 asked", false, false, AskNext.Unknown)]
    [InlineData("2 asked", true, false, AskNext.Unknown)]
    [InlineData("2 asked", true, true, AskNext.Ask)]
    [InlineData("1 followed", false, false, AskNext.Follow)]
    [InlineData("2 followed", true, false, AskNext.Follow)]
    [InlineData("2 ended", true, false, AskNext.Tell)]
    [InlineData("2 ended", false, false, AskNext.Tell)]
    [InlineData("1 ended", false, false, AskNext.Tell)]
    [InlineData("1 ended", true, false, AskNext.Tell)]
    [InlineData("3 asked", false, true, AskNext.Interrupted)]
    [InlineData("3 ended", true, true, AskNext.Interrupted)]
    public void A_guest_is_asked_for_its_second_attempt_only_where_nobody_may_have_asked_it(
        string? kept,
        bool resume,
        bool mayRepeat,
        AskNext next
    ) =>
        Assert.Equal(
            next,
            AskedOnce.Next(
                kept is null
                    ? null
                    : new AskedBefore(
                        kept[0] - '0',
                        kept.EndsWith("ended", StringComparison.Ordinal),
                        kept.EndsWith("followed", StringComparison.Ordinal)
                    ),
                attempt: 2,
                resume,
                mayRepeat
            )
        );
}

using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>What an earlier process left of an attempt, and what follows from it.</summary>
/// <param name="Next">As <see cref="BackupLook"/> judges it.</param>
/// <param name="Draft">The plan beside the images, with what the window saw; null where there is none.</param>
/// <param name="Point">The point, where it was published.</param>
internal sealed record EarlierAttempt(BackupNext Next, PointDraft? Draft, RecoveryPoint? Point)
{
    /// <param name="directory">The attempt's.</param>
    /// <param name="window">Its window's identity.</param>
    /// <param name="host">The <see cref="HostActor"/>: it keeps the ledger.</param>
    /// <param name="vm">The VM's name.</param>
    /// <param name="limit">How long the host may take.</param>
    /// <param name="cancel">The node stops.</param>
    public static async Task<EarlierAttempt> ReadAsync(
        PointDirectory directory, string window, IActorRef host, string vm, TimeSpan limit, CancellationToken cancel)
    {
        var point = directory.ReadPoint();
        var draft = directory.ReadDraft();
        var found = (await host.Ask<EntryFound>(new FindEntry(vm), limit, cancel)).Entry;
        var entry = found?.Window == window ? found : null;
        var verdict = BackupLook.At(new BackupRemains(
            point is not null,
            draft is null
                ? null
                : new DraftRemains(
                    draft.Facts is null ? null : LedgerFacts.Record(draft.Facts),
                    draft.Unfrozen,
                    draft.Copied
                ),
            entry is null
                ? null
                : new EntryRemains(
                    LedgerFacts.Record(entry.Facts),
                    entry is { Phase: LedgerPhase.Thawed, Facts.ThawedBy: "node" }
                )
        )
        );
        return new EarlierAttempt(verdict.Next, verdict.ByLedger ? draft! with { Facts = entry!.Facts } : draft, point);
    }
}

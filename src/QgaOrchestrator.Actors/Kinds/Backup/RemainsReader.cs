using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>Reads what an earlier process left of an attempt: its point, its draft, its window's entry in the ledger.</summary>
internal static class RemainsReader
{
    /// <param name="directory">The attempt's.</param>
    /// <param name="window">Its window's identity.</param>
    /// <param name="host">The <see cref="HostActor"/>: it keeps the ledger.</param>
    /// <param name="vm">The VM's name.</param>
    /// <param name="limit">How long the host may take.</param>
    /// <param name="cancel">The node stops.</param>
    /// <returns>The draft as it was stored, with what the window saw where only the ledger knew it.</returns>
    public static async Task<(AttemptRemains Remains, PointDraft? Draft)> ReadAsync(
        PointDirectory directory, string window, IActorRef host, string vm, TimeSpan limit, CancellationToken cancel)
    {
        var point = directory.ReadPoint();
        var draft = directory.ReadDraft();
        var found = (await host.Ask<EntryFound>(new FindEntry(vm), limit, cancel)).Entry;
        var entry = found?.Window == window ? found : null;
        var byNode = entry is { Phase: LedgerPhase.Thawed, Facts.ThawedBy: "node" };
        var remains = new AttemptRemains(
            point,
            draft is null
                ? null
                : new BackupDraft(
                    draft.Facts is null ? null : LedgerFacts.Record(draft.Facts), draft.Unfrozen, draft.Copied, draft.Verdict),
            entry is null ? null : new EntryRemains(LedgerFacts.Record(entry.Facts), byNode));
        return (remains, draft is { Facts: null, Unfrozen: false } && byNode ? draft with { Facts = entry!.Facts } : draft);
    }
}

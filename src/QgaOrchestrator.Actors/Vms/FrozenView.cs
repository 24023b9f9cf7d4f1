using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>A freeze of ours as others see it: from its sending until its window is settled.</summary>
/// <param name="Since">When the freeze was sent; when it was answered, once it was.</param>
/// <param name="Certain">Its reply said that the guest froze. Until then it may be, and may not.</param>
internal sealed record FrozenView(DateTimeOffset Since, bool Certain)
{
    /// <summary>The freeze of an earlier process, from its ledger entry.</summary>
    public static FrozenView Of(LedgerEntry entry) =>
        new(entry.Facts.FrozenAt ?? entry.Facts.FreezeSentAt ?? entry.OpenedAt, entry.Facts.FrozenAt is not null);
}

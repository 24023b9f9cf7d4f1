namespace QgaOrchestrator.Qemu.Ledger;

/// <summary>A ledger file that cannot be read: nobody knows whether its guest is frozen, so it is told and never
/// deleted.</summary>
public sealed record DamagedEntry(string Path, string Reason)
{
    public override string ToString() => $"{Path}: {Reason}";
}

/// <summary>Thrown where one VM's entry is asked for and its file is damaged.</summary>
public sealed class LedgerDamagedException(DamagedEntry damaged, Exception? inner = null)
    : Exception($"The freeze ledger's file is damaged: {damaged}", inner)
{
    public DamagedEntry Damaged { get; } = damaged;
}

/// <summary>All that a ledger holds: a damaged file never stops the others.</summary>
public sealed record LedgerContents(IReadOnlyList<LedgerEntry> Entries, IReadOnlyList<DamagedEntry> Damaged)
{
    /// <summary>Entries whose guest may be frozen.</summary>
    public IEnumerable<LedgerEntry> Open => Entries.Where(entry => entry.Phase != LedgerPhase.Thawed);
}

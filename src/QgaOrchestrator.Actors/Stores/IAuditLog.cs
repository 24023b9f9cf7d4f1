namespace QgaOrchestrator.Actors.Stores;

/// <summary>
/// The audit log: append-only except for what retention removes. Each entry is hashed together with the one before it, so
/// a changed or removed entry shows.
/// </summary>
/// <exception cref="StoreException">From every method: the log cannot be read or written.</exception>
public interface IAuditLog : IAsyncDisposable
{
    /// <summary>The hash that the first entry's is computed from.</summary>
    static readonly string Start = new('0', 64);

    /// <summary>Done when the entries are on disk, all or none of them.</summary>
    /// <param name="entries">In their order. An entry whose key is in the log already is skipped.</param>
    Task AppendAsync(params IReadOnlyList<AuditEntry> entries);

    /// <summary>The newest entries that the query selects, newest first.</summary>
    Task<IReadOnlyList<AuditLine>> ListAsync(AuditQuery query);

    /// <summary>Computes the whole chain again, and checks the entry that says where it begins.</summary>
    /// <param name="noted">A head that was noted earlier and is looked for; null: none.</param>
    Task<AuditCheck> VerifyAsync(string? noted = null);

    /// <summary>Older entries may have been removed; null: none ever was.</summary>
    Task<DateTimeOffset?> KeptFromAsync();

    /// <summary>
    /// Removes the oldest entries: from the first one on, up to one that is not before <paramref name="before"/>, or is not
    /// what was written. The new beginning is written together with an entry that records the removal; then the rows go, a
    /// few at a time. After a crash the next trim removes the rest.
    /// </summary>
    /// <param name="before">Entries from this time on are kept.</param>
    /// <param name="runs">How many runs were removed just now: the same entry records it.</param>
    /// <param name="host">The node's, for that entry.</param>
    /// <param name="now">For that entry.</param>
    /// <param name="stop">Leaves the rest to the next trim.</param>
    Task<AuditTrim> TrimAsync(DateTimeOffset before, int runs, string host, DateTimeOffset now, CancellationToken stop);
}

/// <summary>What a trim removed.</summary>
/// <param name="Entries">How many entries.</param>
/// <param name="Broken">The first entry that is not what was written: from there on nothing is removed. Null: there is
/// none.</param>
public sealed record AuditTrim(long Entries, long? Broken);

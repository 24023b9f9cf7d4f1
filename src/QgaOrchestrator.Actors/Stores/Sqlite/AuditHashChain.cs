using System.Security.Cryptography;
using System.Text;
using LinqToDB;
using LinqToDB.Data;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>The chain of hashes: each entry's is computed from the hash of the one before and the entry's own JSON.</summary>
internal static class AuditHashChain
{
    public static string Hash(string previous, string entry) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(previous + entry)));

    /// <summary>The kept entries in their order, read one by one.</summary>
    private static IEnumerable<AuditRow> Rows(DataConnection db, AuditAnchor anchor) => db.GetTable<AuditRow>()
        .Where(row => row.Number > anchor.Number).OrderBy(row => row.Number)
        .Select(row => new AuditRow { Number = row.Number, Entry = row.Entry, Hash = row.Hash, Key = row.Key, At = row.At })
        .AsEnumerable();

    /// <summary>Computes the whole chain again.</summary>
    /// <param name="noted">A head to look for; null: none.</param>
    public static AuditCheck Verify(DataConnection db, string? noted)
    {
        var anchor = AuditAnchor.Of(db);
        var (number, head, vouched) = (anchor.Number, anchor.Hash, anchor.KeptFrom is null);
        long? found = noted == head ? number : null;
        foreach (var row in Rows(db, anchor))
        {
            if (row.Number != number + 1 || row.Hash != Hash(head, row.Entry)) return Check(number + 1);
            (number, head) = (row.Number, row.Hash);
            if (head == noted) found = number;
            vouched |= row.Key == anchor.Key;
        }
        return vouched ? Check(null) : new AuditCheck(0, anchor.Hash, anchor.Number + 1, null);

        AuditCheck Check(long? broken) => new(number - anchor.Number, head, broken, found)
        {
            First = anchor.Number + 1,
            KeptFrom = anchor.Since,
        };
    }

    /// <summary>The last entry that is old, and up to which all are old and as they were written.</summary>
    /// <param name="before">As the column at.</param>
    public static OldEntries Old(DataConnection db, string before)
    {
        var anchor = AuditAnchor.Of(db);
        var (number, head) = (anchor.Number, anchor.Hash);
        if (anchor.KeptFrom is not null && !db.GetTable<AuditRow>().Any(row => row.Key == anchor.Key))
            return new(0, number, head, number + 1);
        foreach (var row in Rows(db, anchor))
        {
            if (row.Number != number + 1 || row.Hash != Hash(head, row.Entry))
                return new(number - anchor.Number, number, head, number + 1);
            if (string.CompareOrdinal(row.At, before) >= 0) break;
            (number, head) = (row.Number, row.Hash);
        }
        return new(number - anchor.Number, number, head, null);
    }
}

/// <summary>The entries that a trim may remove.</summary>
/// <param name="Count">How many.</param>
/// <param name="Number">The last one's number.</param>
/// <param name="Hash">The last one's.</param>
/// <param name="Broken">The first entry that is not what was written; null: none was met.</param>
internal sealed record OldEntries(long Count, long Number, string Hash, long? Broken);

using System.Globalization;
using LinqToDB;
using LinqToDB.Data;
using QgaOrchestrator.Actors.Retention;

namespace QgaOrchestrator.Actors.Audit;

/// <summary>The log's oldest entries go, and the chain holds from where it begins then.</summary>
public sealed partial class SqliteAudit
{
    private const string OldestRows =
        "DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE number <= (SELECT number FROM audit_anchor) ORDER "
            + "BY number LIMIT 500)";

    /// <summary>What had happened before then may be gone; null: all there ever was is here.</summary>
    public Task<DateTimeOffset?> KeptFromAsync() => Task.Run(() =>
    {
        using var db = Connect();
        return AuditAnchor.Of(db).Since;
    });

    /// <summary>
    /// Removes the entries from before then, from the first one to the last before which nothing later stands, and tells that
    /// in the log. What is not as it was written is never removed. The new beginning is written together with the entry that
    /// tells it; then the rows go, a few at a time.
    /// </summary>
    /// <param name="before">What happened then or later is kept.</param>
    /// <param name="runs">How many runs were removed just now: it is told in the same entry.</param>
    /// <param name="host">The node's.</param>
    /// <param name="now">For that entry.</param>
    /// <param name="stop">Leaves the rest to the next trim.</param>
    public async Task<TrimReport> TrimAsync(
        DateTimeOffset before, int runs, string host, DateTimeOffset now, CancellationToken stop)
    {
        var at = Sortable(before);
        var (from, number, hash, broken) = await Task.Run(() => Past(at), stop);
        if (number > from || runs > 0)
        {
            var anchor = new AuditAnchor { Number = number, Hash = hash, KeptFrom = at };
            await _writer.WriteAsync(db =>
            {
                db.InsertOrReplace(anchor);
                Append(db, [anchor.Entry(now, host, runs, number - from)]);
            });
        }
        for (var left = 1; left > 0;)
        {
            stop.ThrowIfCancellationRequested();
            await _writer.WriteAsync(db => left = db.Execute(OldestRows));
        }
        return new TrimReport(runs, number - from, broken);
    }

    /// <summary>Up to which entry all are old and as they were written.</summary>
    private (long From, long Number, string Hash, long? Broken) Past(string before)
    {
        using var db = Connect();
        var anchor = AuditAnchor.Of(db);
        var (number, head) = (anchor.Number, anchor.Hash);
        if (anchor.KeptFrom is not null && !db.GetTable<AuditRow>().Any(row => row.Key == anchor.Key))
            return (number, number, head, number + 1);
        foreach (var row in Chain(db, anchor))
        {
            if (row.Number != number + 1 || row.Hash != Hash(head, row.Entry)) return (anchor.Number, number, head, number + 1);
            if (string.CompareOrdinal(row.At, before) >= 0) break;
            (number, head) = (row.Number, row.Hash);
        }
        return (anchor.Number, number, head, null);
    }

    /// <summary>As the column at has it.</summary>
    private static string Sortable(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture);
}

using Microsoft.Data.Sqlite;

namespace QgaOrchestrator.Actors.Persistence;

/// <summary>
/// Removes a run from <c>journal.db</c>. Its rows go for good: the journal's own deletion keeps the last one of each, and a
/// run's id is never used again. Few rows a transaction, with a pause between, so that the journal's writer waits for none;
/// from the oldest on, so that what is left of a run behind a crash begins without its start and is taken for none. What is
/// freed is used again by the next events; the file does not shrink.
/// </summary>
/// <param name="pause">Between two transactions.</param>
public sealed class JournalTrim(SqliteFile file, Func<Task> pause)
{
    private const int RowsAtOnce = 500;

    private const string OldestRows =
        "SELECT ordering FROM journal WHERE persistence_id = $id ORDER BY sequence_number LIMIT $rows";

    private static readonly string[] Rows =
    [
        $"DELETE FROM tags WHERE ordering_id IN ({OldestRows})",
        $"DELETE FROM journal WHERE ordering IN ({OldestRows})",
    ];

    /// <exception cref="SqliteException">The journal is busy; what is left goes by another call.</exception>
    public async Task RemoveAsync(string persistenceId, CancellationToken stop)
    {
        while (RemoveSome(persistenceId))
        {
            await pause();
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <returns>There may be more.</returns>
    private bool RemoveSome(string persistenceId)
    {
        using var db = new SqliteConnection(file.ConnectionString);
        db.Open();
        using var transaction = db.BeginTransaction();
        var removed = 0;
        foreach (var sql in Rows) removed = Execute(sql);
        if (removed < RowsAtOnce) Execute("DELETE FROM snapshot WHERE persistence_id = $id AND $rows > 0");
        transaction.Commit();
        return removed == RowsAtOnce;

        int Execute(string sql)
        {
            using var command = db.CreateCommand();
            command.CommandText = sql;
            command.Parameters.AddWithValue("$id", persistenceId);
            command.Parameters.AddWithValue("$rows", RowsAtOnce);
            return command.ExecuteNonQuery();
        }
    }
}

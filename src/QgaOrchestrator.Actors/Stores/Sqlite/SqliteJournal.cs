using System.Data.Common;
using Akka.Hosting;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Stores.Tables;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>
/// <c>journal.db</c>. A removed run's rows go for good: Akka's own deletion keeps the last row of each entity, and a run's id
/// is never used again. Later events use the freed space; the file does not shrink.
/// </summary>
/// <param name="pause">Awaited between two transactions of a removal.</param>
public sealed class SqliteJournal(SqliteFile file, Func<Task> pause) : IJournal
{
    public const string FileName = "journal.db";

    private const int RowsAtOnce = 500;

    /// <summary>What Akka.Persistence.Sql makes of an empty file, without the indexes that nothing of ours reads by. It would
    /// take a third of a second of each start to see that there is nothing to make.</summary>
    private const string Tables = """
        CREATE TABLE IF NOT EXISTS journal (ordering INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, created INTEGER NOT NULL,
          deleted BIT NOT NULL, persistence_id NVARCHAR(255) NOT NULL, sequence_number INTEGER NOT NULL,
          message VARBINARY NOT NULL, manifest NVARCHAR(500), identifier INTEGER, writer_uuid NVARCHAR(128));
        CREATE UNIQUE INDEX IF NOT EXISTS journal_uq ON journal (persistence_id, sequence_number);
        CREATE TABLE IF NOT EXISTS tags (ordering_id INTEGER NOT NULL, tag NVARCHAR(64) NOT NULL, sequence_nr INTEGER NOT NULL,
          persistence_id NVARCHAR(255) NOT NULL, PRIMARY KEY (ordering_id, tag));
        CREATE TABLE IF NOT EXISTS snapshot (persistence_id NVARCHAR(255) NOT NULL, sequence_number INTEGER NOT NULL,
          created INTEGER NOT NULL, snapshot VARBINARY, manifest NVARCHAR(500), serializer_id INTEGER,
          PRIMARY KEY (persistence_id, sequence_number));
        """;

    private const string OldestRows =
        "SELECT ordering FROM journal WHERE persistence_id = $id ORDER BY sequence_number LIMIT $rows";

    private static readonly string[] Deletions =
    [
        $"DELETE FROM tags WHERE ordering_id IN ({OldestRows})",
        $"DELETE FROM journal WHERE ordering IN ({OldestRows})",
    ];

    private readonly bool _isNew = !File.Exists(file.Path);

    public Task<bool> IsNewAsync() => Task.FromResult(_isNew);

    public void Configure(AkkaConfigurationBuilder akka)
    {
        Try(db =>
        {
            db.Execute("PRAGMA journal_mode=WAL; " + Tables);
            return true;
        });
        akka.AddSetup(new DataOptionsSetup(file.Options(yield: true)))
            .AddHocon(
                JournalConfiguration.Of(file.ConnectionString, ProviderName.SQLiteMS, writers: 1)
                    .WithFallback(SqlPersistence.DefaultConfiguration),
                HoconAddMode.Prepend);
    }

    public Task<bool> IsReadyAsync() => Task.Run(() => Try(db =>
    {
        using var command = db.CreateCommand();
        command.CommandText =
            "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('journal', 'tags', 'snapshot')";
        return command.ExecuteScalar() is 3L;
    }));

    public async Task RemoveAsync(string persistenceId, CancellationToken stop)
    {
        while (Try(db => RemoveSome(db, persistenceId)))
        {
            await pause();
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <returns>There may be more.</returns>
    private static bool RemoveSome(SqliteConnection db, string persistenceId)
    {
        using var transaction = db.BeginTransaction();
        var removed = 0;
        foreach (var sql in Deletions) removed = Execute(sql);
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

    private T Try<T>(Func<SqliteConnection, T> work)
    {
        try
        {
            using var db = file.Open();
            return work(db);
        }
        catch (DbException e)
        {
            throw file.Failed(e);
        }
    }
}

using Akka.Hosting;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using LinqToDB.Data;
using QgaOrchestrator.Actors.Stores.Tables;

namespace QgaOrchestrator.Actors.Stores.Postgres;

/// <summary>The tables journal, tags and snapshot.</summary>
/// <param name="pause">Awaited between two transactions of a removal.</param>
public sealed class PostgresJournal(PostgresDatabase database, Func<Task> pause) : IJournal
{
    private const int RowsAtOnce = 500, Writers = 3;

    private const string OldestRows =
        "SELECT ordering FROM journal WHERE persistence_id = @id ORDER BY sequence_number LIMIT @rows";

    public Task<bool> IsNewAsync() => database.LookAsync(db => !IsMade(db)
        || !db.Execute<bool>("SELECT EXISTS (SELECT FROM journal WHERE persistence_id LIKE 'run-%')"));

    public void Configure(AkkaConfigurationBuilder akka) => akka
        .AddSetup(new DataOptionsSetup(database.Options))
        .AddHocon(
            JournalConfiguration.Of(database.Connection, PostgresDatabase.Provider, Writers)
                .WithFallback(Patience)
                .WithFallback(SqlPersistence.DefaultConfiguration),
            HoconAddMode.Prepend)
        // The plugin expects its tables.
        .AddStartup(async (_, _) =>
        {
            try
            {
                await database.EnsureSchemaAsync();
            }
            catch (StoreException)
            {
                // Runs begin when it is back.
            }
        });

    public Task<bool> IsReadyAsync() => database.LookAsync(IsMade);

    public async Task RemoveAsync(string persistenceId, CancellationToken stop)
    {
        while (await RemoveSomeAsync(persistenceId))
        {
            await pause();
            stop.ThrowIfCancellationRequested();
        }
    }

    private static Akka.Configuration.Config Patience => """
        akka.persistence {
          journal.sql.circuit-breaker {
            max-failures = 5
            call-timeout = 10s
            reset-timeout = 5s
          }
          snapshot-store.sql.circuit-breaker {
            max-failures = 5
            call-timeout = 10s
            reset-timeout = 5s
          }
        }
        """;

    private static bool IsMade(DataConnection db) => db.Execute<bool>("SELECT to_regclass('journal') IS NOT NULL");

    /// <returns>There may be more.</returns>
    private async Task<bool> RemoveSomeAsync(string persistenceId)
    {
        var removed = 0;
        await database.WriteAsync(db =>
        {
            DataParameter[] names = [new("id", persistenceId), new("rows", RowsAtOnce)];
            db.Execute($"DELETE FROM tags WHERE ordering_id IN ({OldestRows})", names);
            removed = db.Execute($"DELETE FROM journal WHERE ordering IN ({OldestRows})", names);
            if (removed < RowsAtOnce) db.Execute("DELETE FROM snapshot WHERE persistence_id = @id", names[..1]);
        });
        return removed == RowsAtOnce;
    }
}

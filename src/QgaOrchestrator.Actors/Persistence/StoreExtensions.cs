using Akka.Configuration;
using Akka.Hosting;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using Microsoft.Data.Sqlite;

namespace QgaOrchestrator.Actors.Persistence;

/// <summary>Journal and snapshots of the actor system: <c>journal.db</c> in the data directory, Akka's alone.</summary>
public static class StoreExtensions
{
    public const string JournalFile = "journal.db";

    /// <summary>
    /// How many of the store's calls can be under way at once: one writer, the snapshot store, a few recoveries and reads.
    /// Each may block a pool thread in SQLite, so the pool's minimum is above this sum, and a locked database starves
    /// neither timers nor sockets.
    /// </summary>
    public const int BlockingCalls = 16;

    /// <summary>Akka.Persistence.Sql on SQLite with the measured settings (one writer, batches of 100, group commit).</summary>
    /// <exception cref="StoreException">The provider is not one that this version knows.</exception>
    public static AkkaConfigurationBuilder AddStore(this AkkaConfigurationBuilder builder, string provider, string dataDirectory)
    {
        RequireKnown(provider);
        var file = new SqliteFile(Path.Combine(dataDirectory, JournalFile));
        return builder
            .AddSetup(new DataOptionsSetup(file.Options(yield: true)))
            .AddHocon(Configuration(file).WithFallback(SqlPersistence.DefaultConfiguration), HoconAddMode.Prepend);
    }

    /// <exception cref="StoreException">The provider is not one that this version knows.</exception>
    public static void RequireKnown(string provider)
    {
        if (provider != "sqlite")
            throw new StoreException($"Store.Provider: \"{provider}\" is not supported by this version; use \"sqlite\"");
    }

    /// <summary>Whether the journal answers and has its tables, which Akka makes in the background at the first start.</summary>
    public static bool IsReady(string dataDirectory)
    {
        using var db = new SqliteConnection(new SqliteFile(Path.Combine(dataDirectory, JournalFile)).ConnectionString);
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText =
            "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('journal', 'tags', 'snapshot')";
        return command.ExecuteScalar() is 3L;
    }

    // One key per line: Akka's parser takes "a = x b = y" for a single value.
    private static Config Configuration(SqliteFile file) => ConfigurationFactory.ParseString($$"""
        akka.persistence {
          max-concurrent-recoveries = 8
          journal {
            plugin = "akka.persistence.journal.sql"
            auto-start-journals = ["akka.persistence.journal.sql"]
            sql {
              class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
              connection-string = {{Quoted(file.ConnectionString)}}
              provider-name = "{{ProviderName.SQLiteMS}}"
              parallelism = 1
              batch-size = 100
            }
          }
          snapshot-store {
            plugin = "akka.persistence.snapshot-store.sql"
            auto-start-snapshot-stores = ["akka.persistence.snapshot-store.sql"]
            sql {
              class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
              connection-string = {{Quoted(file.ConnectionString)}}
              provider-name = "{{ProviderName.SQLiteMS}}"
            }
          }
          query.journal.sql {
            class = "Akka.Persistence.Sql.Query.SqlReadJournalProvider, Akka.Persistence.Sql"
            write-plugin = "akka.persistence.journal.sql"
            connection-string = {{Quoted(file.ConnectionString)}}
            provider-name = "{{ProviderName.SQLiteMS}}"
          }
        }
        """);

    private static string Quoted(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}

using Akka.Configuration;
using LinqToDB;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>Akka.Persistence.Sql on SQLite with the settings that were measured: one writer, batches of 100.</summary>
internal static class JournalConfiguration
{
    // One key a line: Akka's parser reads "a = x b = y" as one value.
    public static Config Of(SqliteFile file) => ConfigurationFactory.ParseString($$"""
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

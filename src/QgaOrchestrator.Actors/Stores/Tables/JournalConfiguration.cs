using Akka.Configuration;

namespace QgaOrchestrator.Actors.Stores.Tables;

/// <summary>The settings of Akka.Persistence.Sql, as they were measured: batches of 100. The store makes its tables.</summary>
internal static class JournalConfiguration
{
    /// <param name="connection">Without a password.</param>
    /// <param name="provider">As linq2db names it.</param>
    /// <param name="writers">Batches that are written at a time.</param>
    // One key a line: Akka's parser reads "a = x b = y" as one value.
    public static Config Of(string connection, string provider, int writers) =>
        ConfigurationFactory.ParseString($$"""
        akka.persistence {
          max-concurrent-recoveries = 8
          journal {
            plugin = "akka.persistence.journal.sql"
            auto-start-journals = ["akka.persistence.journal.sql"]
            sql {
              class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
              {{Database(connection, provider)}}
              parallelism = {{writers}}
              batch-size = 100
            }
          }
          snapshot-store {
            plugin = "akka.persistence.snapshot-store.sql"
            auto-start-snapshot-stores = ["akka.persistence.snapshot-store.sql"]
            sql {
              class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
              {{Database(connection, provider)}}
            }
          }
          query.journal.sql {
            class = "Akka.Persistence.Sql.Query.SqlReadJournalProvider, Akka.Persistence.Sql"
            write-plugin = "akka.persistence.journal.sql"
            {{Database(connection, provider)}}
          }
        }
        """);

    private static string Database(string connection, string provider) => $"""
        connection-string = {Quoted(connection)}
        provider-name = "{provider}"
        auto-initialize = off
        """;

    private static string Quoted(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}

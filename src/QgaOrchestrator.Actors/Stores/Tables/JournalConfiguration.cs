using Akka.Configuration;

namespace QgaOrchestrator.Actors.Stores.Tables;

/// <summary>The settings of Akka.Persistence.Sql, as they were measured: batches of 100.</summary>
internal static class JournalConfiguration
{
    /// <param name="connection">Without a password.</param>
    /// <param name="provider">As linq2db names it.</param>
    /// <param name="writers">Batches that are written at a time.</param>
    /// <param name="makesTables">The plugin makes its tables by itself.</param>
    // One key a line: Akka's parser reads "a = x b = y" as one value.
    public static Config Of(string connection, string provider, int writers, bool makesTables) =>
        ConfigurationFactory.ParseString($$"""
        akka.persistence {
          max-concurrent-recoveries = 8
          journal {
            plugin = "akka.persistence.journal.sql"
            auto-start-journals = ["akka.persistence.journal.sql"]
            sql {
              class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
              {{Database(connection, provider, makesTables)}}
              parallelism = {{writers}}
              batch-size = 100
            }
          }
          snapshot-store {
            plugin = "akka.persistence.snapshot-store.sql"
            auto-start-snapshot-stores = ["akka.persistence.snapshot-store.sql"]
            sql {
              class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
              {{Database(connection, provider, makesTables)}}
            }
          }
          query.journal.sql {
            class = "Akka.Persistence.Sql.Query.SqlReadJournalProvider, Akka.Persistence.Sql"
            write-plugin = "akka.persistence.journal.sql"
            {{Database(connection, provider, makesTables)}}
          }
        }
        """);

    private static string Database(string connection, string provider, bool makesTables) => $"""
        connection-string = {Quoted(connection)}
        provider-name = "{provider}"
        auto-initialize = {(makesTables ? "on" : "off")}
        """;

    private static string Quoted(string text) =>
        "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}

using Microsoft.Data.Sqlite;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>Statements of schemas, on a plain connection.</summary>
internal static class SqliteStatements
{
    /// <summary>The version of the file's schema; 0: it has none yet.</summary>
    public static long UserVersion(this SqliteConnection db)
    {
        using var command = db.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        return (long)command.ExecuteScalar()!;
    }

    public static void Execute(this SqliteConnection db, string sql)
    {
        using var command = db.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

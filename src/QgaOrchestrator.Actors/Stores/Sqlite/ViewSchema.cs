using System.Globalization;
using Microsoft.Data.Sqlite;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>The schema of the views, on a plain connection: a start does not wait for linq2db. Tables of another version are
/// dropped and built again from the journal.</summary>
internal static class ViewSchema
{
    public const int Version = 1;

    private const string Tables = """
        DROP TABLE IF EXISTS runs;
        DROP TABLE IF EXISTS items;
        DROP TABLE IF EXISTS points;
        DROP TABLE IF EXISTS keys;
        CREATE TABLE runs (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, json TEXT NOT NULL) WITHOUT ROWID;
        CREATE INDEX runs_by_time ON runs (created_at, id);
        CREATE TABLE items (run TEXT NOT NULL, place INTEGER NOT NULL, json TEXT NOT NULL,
          PRIMARY KEY (run, place)) WITHOUT ROWID;
        CREATE TABLE points (id TEXT PRIMARY KEY, host TEXT NOT NULL, vm TEXT NOT NULL, uuid TEXT, run TEXT NOT NULL,
          at INTEGER NOT NULL, directory TEXT NOT NULL, json TEXT NOT NULL) WITHOUT ROWID;
        CREATE INDEX points_by_time ON points (at, id);
        CREATE INDEX points_by_vm ON points (vm, at, id);
        CREATE TABLE keys (key TEXT PRIMARY KEY, run TEXT NOT NULL, request TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
        """;

    /// <summary>Whether the file was completely built by this version.</summary>
    public static bool IsCurrent(SqliteConnection db) => db.UserVersion() == Version;

    public static void Create(SqliteConnection db) => db.Execute("PRAGMA journal_mode=WAL; " + Tables);

    /// <summary>The last step of a rebuild: one that a crash interrupted is done again.</summary>
    public static void MarkCurrent(SqliteConnection db) =>
        db.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Version}"));
}

using System.Globalization;
using LinqToDB.Mapping;
using Microsoft.Data.Sqlite;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>A run: its summary as JSON, and the columns that lists are ordered and filtered by.</summary>
[Table("runs")]
internal sealed class RunRow
{
    [PrimaryKey, Column("id")] public required string Id { get; init; }
    /// <summary>Unix milliseconds.</summary>
    [Column("created_at")] public required long CreatedAt { get; init; }
    [Column("json")] public required string Json { get; init; }
}

/// <summary>Items of a finished run, which follow each other.</summary>
[Table("items")]
internal sealed class ItemsRow
{
    [PrimaryKey(0), Column("run")] public required string Run { get; init; }
    /// <summary>Index of the first.</summary>
    [PrimaryKey(1), Column("place")] public required int Place { get; init; }
    /// <summary>An array of JSON, compressed (zlib, base64): items of a run are much alike. An earlier version has written a row
    /// for each item, as JSON.</summary>
    [Column("json")] public required string Json { get; init; }
}

/// <summary>A recovery point as JSON, and the columns that lists are ordered and filtered by.</summary>
[Table("points")]
internal sealed class PointRow
{
    [PrimaryKey, Column("id")] public required string Id { get; init; }
    [Column("host")] public required string Host { get; init; }
    [Column("vm")] public required string Vm { get; init; }
    [Column("uuid"), Nullable] public string? Uuid { get; init; }
    [Column("run")] public required string Run { get; init; }
    /// <summary>Unix milliseconds.</summary>
    [Column("at")] public required long At { get; init; }
    /// <summary>The directory of point.json, which does not name it: a directory can be moved.</summary>
    [Column("directory")] public required string Directory { get; init; }
    [Column("json")] public required string Json { get; init; }
}

/// <summary>An Idempotency-Key and the run that it started.</summary>
[Table("keys")]
internal sealed class KeyRow
{
    [PrimaryKey, Column("key")] public required string Key { get; init; }
    [Column("run")] public required string Run { get; init; }
    /// <summary>Hash of the request, so that the same key with another request is refused.</summary>
    [Column("request")] public required string Request { get; init; }
    [Column("at")] public required long At { get; init; }
}

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

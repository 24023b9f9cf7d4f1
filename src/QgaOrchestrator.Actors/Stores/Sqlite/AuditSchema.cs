using LinqToDB.Mapping;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>
/// An entry's JSON as it was hashed, and the columns it is found by. SQLite computes them from the JSON, so they cannot differ
/// from what the chain holds.
/// </summary>
[Table("audit")]
internal sealed class AuditRow
{
    [PrimaryKey, Column("number")] public required long Number { get; init; }
    [Column("entry")] public required string Entry { get; init; }
    [Column("hash")] public required string Hash { get; init; }
    [Column("key", SkipOnInsert = true), Nullable] public string? Key { get; init; }
    [Column("run", SkipOnInsert = true), Nullable] public string? Run { get; init; }
    [Column("who", SkipOnInsert = true), Nullable] public string? Who { get; init; }
    [Column("vm", SkipOnInsert = true), Nullable] public string? Vm { get; init; }
    /// <summary>Without its host.</summary>
    [Column("vm_name", SkipOnInsert = true), Nullable] public string? VmName { get; init; }
    /// <summary>ISO 8601 in UTC, as in the JSON: its order is that of time.</summary>
    [Column("at", SkipOnInsert = true), Nullable] public string? At { get; init; }
}

/// <summary>The log's schema. An older one is brought up to date; the entries are never touched.</summary>
internal static class AuditSchema
{
    private const int Version = 4;

    private const string First = """
        CREATE TABLE IF NOT EXISTS audit (number INTEGER PRIMARY KEY, entry TEXT NOT NULL, hash TEXT NOT NULL);
        CREATE TRIGGER IF NOT EXISTS audit_no_update BEFORE UPDATE ON audit
          BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        CREATE TRIGGER IF NOT EXISTS audit_no_delete BEFORE DELETE ON audit
          BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        """;

    /// <summary>Deleting an entry is refused, unless it is before the chain's beginning.</summary>
    private const string Third = """
        CREATE TABLE audit_anchor (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL, hash TEXT NOT NULL,
          kept_from TEXT);
        DROP TRIGGER audit_no_delete;
        CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN old.number > coalesce((SELECT number FROM audit_anchor), 0)
          BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        """;

    /// <summary>An index ends with the row's number by itself: named among its columns, each row has it twice.</summary>
    private static readonly string Fourth = string.Concat(new[] { "run", "who", "vm_name" }.Select(column =>
        $"DROP INDEX audit_{column}; CREATE INDEX audit_{column} ON audit ({column}) WHERE {column} IS NOT NULL;"));

    public static void Ensure(SqliteFile file)
    {
        using var db = file.Open();
        db.Execute("PRAGMA journal_mode=WAL");
        if (db.UserVersion() >= Version) return;
        using var transaction = db.BeginTransaction();
        // The first reader and the first writer may come at the same time: who waited finds the work done.
        var version = db.UserVersion();
        if (version >= Version) return;
        if (version < 2) db.Execute(First + Second);
        if (version < 3) db.Execute(Third);
        db.Execute(Fourth + $"PRAGMA user_version={Version};");
        transaction.Commit();
    }

    private static string Second =>
        Computed("key", "json_extract(entry, '$.key')") + Computed("run", "json_extract(entry, '$.run')")
        + Computed("who", "json_extract(entry, '$.who')") + Computed("vm", "json_extract(entry, '$.vm')")
        + Computed("vm_name", "substr(json_extract(entry, '$.vm'), instr(json_extract(entry, '$.vm'), '/') + 1)")
        + Computed("at", "json_extract(entry, '$.at')")
        + "CREATE UNIQUE INDEX audit_key ON audit (key) WHERE key IS NOT NULL;"
        + "CREATE INDEX audit_at ON audit (at);";

    /// <summary>An entry that is no longer JSON has no value in these columns; the chain shows it as broken.</summary>
    private static string Computed(string column, string value) =>
        $"ALTER TABLE audit ADD COLUMN {column} TEXT GENERATED ALWAYS AS (CASE WHEN json_valid(entry) THEN {value} END) VIRTUAL;"
        + (
            column is "run" or "who" or "vm_name"
                ? $"CREATE INDEX audit_{column} ON audit ({column}, number) WHERE {column} IS NOT NULL;"
                : ""
        );
}

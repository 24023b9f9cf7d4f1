using LinqToDB.Mapping;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>An account as JSON, without any password.</summary>
[Table("accounts")]
internal sealed class AccountRow
{
    [PrimaryKey(0), Column("vm")] public required string Vm { get; init; }
    [PrimaryKey(1), Column("user")] public required string User { get; init; }
    [Column("checked_out")] public required bool CheckedOut { get; init; }
    [Column("json")] public required string Json { get; init; }
}

/// <summary>The sealed text of a generation.</summary>
[Table("sealed")]
internal sealed class SealedRow
{
    [PrimaryKey(0), Column("vm")] public required string Vm { get; init; }
    [PrimaryKey(1), Column("user")] public required string User { get; init; }
    [PrimaryKey(2), Column("generation")] public required int Generation { get; init; }
    [Column("bytes")] public required byte[] Bytes { get; init; }
}

/// <summary>Whose generation looks like this in a guest.</summary>
[Table("fingerprints")]
internal sealed class FingerprintRow
{
    [PrimaryKey(0), Column("fingerprint")] public required string Fingerprint { get; init; }
    [PrimaryKey(1), Column("vm")] public required string Vm { get; init; }
    [PrimaryKey(2), Column("user")] public required string User { get; init; }
}

/// <summary>The schema of the escrow.</summary>
internal static class EscrowSchema
{
    private const int Version = 1;

    private static readonly string Tables = $"""
        CREATE TABLE IF NOT EXISTS accounts (vm TEXT NOT NULL, user TEXT NOT NULL, checked_out INTEGER NOT NULL,
          json TEXT NOT NULL, PRIMARY KEY (vm, user)) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS accounts_out ON accounts (checked_out) WHERE checked_out;
        CREATE TABLE IF NOT EXISTS sealed (vm TEXT NOT NULL, user TEXT NOT NULL, generation INTEGER NOT NULL,
          bytes BLOB NOT NULL, PRIMARY KEY (vm, user, generation)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS fingerprints (fingerprint TEXT NOT NULL, vm TEXT NOT NULL, user TEXT NOT NULL,
          PRIMARY KEY (fingerprint, vm, user)) WITHOUT ROWID;
        PRAGMA user_version = {Version};
        """;

    /// <exception cref="StoreException">A newer version has written the file.</exception>
    public static bool Ensure(SqliteFile file)
    {
        using var db = file.Open();
        var version = db.UserVersion();
        if (version > Version)
            throw new StoreException(
                $"{file.Path} was written by a newer version of qgad", "Use that version, or a copy of the file from before it");
        if (version == Version) return true;
        db.Execute("PRAGMA journal_mode=WAL");
        using var transaction = db.BeginTransaction();
        db.Execute(Tables);
        transaction.Commit();
        return true;
    }
}

namespace QgaOrchestrator.Actors.Stores.Sqlite;

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
    public static void Ensure(SqliteFile file)
    {
        using var db = file.Open();
        var version = db.UserVersion();
        if (version > Version)
            throw new StoreException(
                $"{file.Path} was written by a newer version of qgad", "Use that version, or a copy of the file from before it");
        if (version == Version) return;
        db.Execute("PRAGMA journal_mode=WAL");
        using var transaction = db.BeginTransaction();
        db.Execute(Tables);
        transaction.Commit();
    }
}

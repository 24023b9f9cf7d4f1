using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LinqToDB;
using LinqToDB.Data;
using LinqToDB.Mapping;
using Microsoft.Data.Sqlite;
using QgaOrchestrator.Actors.Persistence;
using QgaOrchestrator.Actors.Views;

namespace QgaOrchestrator.Actors.Audit;

/// <summary>
/// <c>audit.db</c>: append-only, each entry hashed together with the one before. Triggers refuse a change by mistake; the
/// chain shows one on purpose, unless everything after it was forged, too: compare the head with a copy kept elsewhere.
/// </summary>
public sealed class SqliteAudit : IAsyncDisposable
{
    /// <summary>The hash before the first entry's.</summary>
    public static readonly string Start = new('0', 64);

    private const string Schema = """
        PRAGMA journal_mode=WAL;
        CREATE TABLE IF NOT EXISTS audit (number INTEGER PRIMARY KEY, entry TEXT NOT NULL, hash TEXT NOT NULL);
        CREATE TRIGGER IF NOT EXISTS audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        CREATE TRIGGER IF NOT EXISTS audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        """;

    private readonly DataOptions _options;
    private readonly ViewWriter _writer;
    private readonly Lazy<bool> _schema;

    public SqliteAudit(SqliteFile file)
    {
        _options = file.Options(yield: false);
        _schema = new(() => Create(file), LazyThreadSafetyMode.PublicationOnly);
        _writer = new(Connect);
    }

    /// <summary>Done when the entry is on disk; entries that wait together are committed together.</summary>
    public Task AppendAsync(AuditEntry entry) => _writer.WriteAsync(db =>
    {
        var last = db.GetTable<AuditRow>().OrderByDescending(row => row.Number).FirstOrDefault();
        var json = JsonSerializer.Serialize(entry, AuditJson.Default.AuditEntry);
        db.Insert(new AuditRow { Number = (last?.Number ?? 0) + 1, Entry = json, Hash = Hash(last?.Hash ?? Start, json) });
    });

    /// <summary>Newest first.</summary>
    /// <param name="before">Only entries with a lower number.</param>
    public Task<IReadOnlyList<AuditLine>> ListAsync(int limit, long before) => Task.Run<IReadOnlyList<AuditLine>>(() =>
    {
        using var db = Connect();
        return [.. db.GetTable<AuditRow>().Where(row => row.Number < before).OrderByDescending(row => row.Number).Take(limit).ToList().Select(Line)];
    });

    /// <summary>Computes the whole chain again.</summary>
    public Task<AuditCheck> VerifyAsync() => Task.Run(() =>
    {
        using var db = Connect();
        var (count, head) = (0L, Start);
        foreach (var row in db.GetTable<AuditRow>().OrderBy(row => row.Number).AsEnumerable())
        {
            if (row.Number != count + 1 || row.Hash != Hash(head, row.Entry)) return new AuditCheck(count, head, count + 1);
            (count, head) = (row.Number, row.Hash);
        }
        return new AuditCheck(count, head, null);
    });

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private DataConnection Connect() => _schema.Value ? new(_options) : throw new InvalidOperationException("no schema");

    private static bool Create(SqliteFile file)
    {
        using var db = new SqliteConnection(file.ConnectionString);
        db.Open();
        using var command = db.CreateCommand();
        command.CommandText = Schema;
        command.ExecuteNonQuery();
        return true;
    }

    private static AuditLine Line(AuditRow row) =>
        new(row.Number, row.Hash, JsonSerializer.Deserialize(row.Entry, AuditJson.Default.AuditEntry)!);

    private static string Hash(string previous, string entry) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(previous + entry)));
}

/// <summary>An entry's JSON as it was hashed.</summary>
[Table("audit")]
internal sealed class AuditRow
{
    [PrimaryKey, Column("number")] public required long Number { get; init; }
    [Column("entry")] public required string Entry { get; init; }
    [Column("hash")] public required string Hash { get; init; }
}

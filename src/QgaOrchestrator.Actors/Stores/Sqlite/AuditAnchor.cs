using System.Globalization;
using LinqToDB;
using LinqToDB.Data;
using LinqToDB.Mapping;

namespace QgaOrchestrator.Actors.Stores.Sqlite;

/// <summary>
/// Where the chain begins: after the last entry that was removed. An entry of the chain says the same, so moving the beginning
/// shows.
/// </summary>
[Table("audit_anchor")]
internal sealed class AuditAnchor
{
    private const int Only = 1;

    [PrimaryKey, Column("id")] public int Id { get; init; } = Only;
    /// <summary>The number of the last entry that was removed; 0: none was.</summary>
    [Column("number")] public required long Number { get; init; }
    /// <summary>That entry's.</summary>
    [Column("hash")] public required string Hash { get; init; }
    /// <summary>Entries from before this time were removed; ISO 8601 in UTC. Null: none ever was.</summary>
    [Column("kept_from"), Nullable] public string? KeptFrom { get; init; }

    public static AuditAnchor Of(DataConnection db) =>
        db.GetTable<AuditAnchor>().FirstOrDefault() ?? new() { Number = 0, Hash = IAuditLog.Start };

    public DateTimeOffset? Since => KeptFrom is null ? null : DateTimeOffset.Parse(KeptFrom, CultureInfo.InvariantCulture);

    /// <summary>The key of the entry that vouches for this beginning.</summary>
    public string Key => string.Create(CultureInfo.InvariantCulture, $"trim/{Number}/{Hash}/{KeptFrom}");

    /// <summary>That entry.</summary>
    public AuditEntry Entry(DateTimeOffset at, string host, int runs, long entries) => new(
        at, "node", null, "trim", null, null, host, AuditOutcomes.Done, null)
    {
        Detail = string.Create(
            CultureInfo.InvariantCulture,
            $"{entries} entries of this log, up to number {Number}, and {runs} runs were removed: they are from before "
                + $"{KeptFrom} (Store.Keep)"
        ),
        Key = Key,
    };
}

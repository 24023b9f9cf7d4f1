using LinqToDB.Mapping;

namespace QgaOrchestrator.Actors.Stores.Tables;

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

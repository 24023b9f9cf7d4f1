using LinqToDB.Mapping;

namespace QgaOrchestrator.Actors.Stores.Tables;

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

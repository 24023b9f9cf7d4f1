using System.Text.Json.Serialization;

namespace QgaOrchestrator.Core.Points;

/// <summary>
/// A recovery point as its point.json says, beside its images: enough to restore it with qemu-img alone, and to rebuild the
/// catalog's row. Members are a stored format.
/// </summary>
/// <param name="Version">Of this format: 1.</param>
/// <param name="Id">As in 20261122T235647Z-abcdefghij.</param>
/// <param name="Vm">The VM's name.</param>
/// <param name="Host">Its host when the point was made.</param>
/// <param name="Uuid">The VM's UUID, null where QEMU was started without one.</param>
/// <param name="Run">The run that made it.</param>
/// <param name="Group">The consistency group, null for a VM alone.</param>
/// <param name="Parent">The point that this one needs, null for a full one.</param>
/// <param name="Method">full.</param>
/// <param name="Class">application, filesystem or crash.</param>
/// <param name="Disks">Its images.</param>
/// <param name="Proof">What was seen while it was made.</param>
public sealed record RecoveryPoint(
    int Version,
    string Id,
    string Vm,
    string Host,
    string? Uuid,
    string Run,
    string? Group,
    string? Parent,
    string Method,
    string Class,
    IReadOnlyList<PointDisk> Disks,
    PointProof Proof
)
{
    /// <summary>What the VM has besides, and is not in the point; null in one that was made before this was told.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PointOutside>? Outside { get; init; }

    /// <summary>The passwords that its guest's escrowed accounts may have had at the cut; null where none is escrowed, or the
    /// escrow could not be asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PointPassword>? Passwords { get; init; }

    /// <summary>The machine beside the images; null in a point of a release that kept none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PointMachine? Machine { get; init; }

    /// <summary>Where its point.json was read, or is; not stored in it, so that a directory can be moved.</summary>
    [JsonIgnore]
    public string Directory { get; init; } = "";
}

/// <summary>One disk's image.</summary>
/// <param name="Index">As in the image's name.</param>
/// <param name="Node">Node name of the disk's active layer.</param>
/// <param name="Qdev">The device's path in QEMU, empty without one.</param>
/// <param name="File">The image's file name, in point.json's directory.</param>
/// <param name="Size">Virtual size, bytes.</param>
/// <param name="Bytes">The file's length, bytes.</param>
/// <param name="Sha256">Of the file, lower-case hexadecimal.</param>
/// <param name="Covered">covered (every writer was a frozen file system), uncovered, unknown, or firmware (its only
/// writer).</param>
public sealed record PointDisk(
    int Index, string Node, string Qdev, string File, long Size, long Bytes, string Sha256, string Covered);

/// <summary>A generation of the escrow that may have been in force at the cut; more than one of a user where that was not
/// certain.</summary>
public sealed record PointPassword(string User, int Generation);

/// <summary>A disk or device that is not in the point.</summary>
/// <param name="Name">As QEMU names it.</param>
/// <param name="Why">excluded (by its owner), passed-through, read-only, empty, or tpm (and its state is not in the point
/// either).</param>
public sealed record PointOutside(string Name, string Why);

/// <summary>What was seen: times in UTC; milliseconds since the freeze was sent by the host's monotonic clock.</summary>
public sealed record PointProof(
    DateTimeOffset? FrozenAt,
    DateTimeOffset? CutAt,
    DateTimeOffset? ThawedAt,
    long? Frozen,
    long? Thawed,
    double? SkewMs,
    string? Hooks
)
{
    public double? FrozenAfterMs { get; init; }
    public double? CutAfterMs { get; init; }
    public double? ThawedAfterMs { get; init; }
    /// <summary>From frozen to thawed.</summary>
    public double? FrozenMs { get; init; }
    /// <summary>Why there is no more proof, in words.</summary>
    public string? Note { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RecoveryPoint))]
public sealed partial class PointJson : JsonSerializerContext;

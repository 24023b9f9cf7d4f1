using System.Text.Json.Serialization;

namespace QgaOrchestrator.Api;

/// <summary>
/// A recovery point, as the catalog tells it and as <c>point.json</c> beside its images holds it.
/// </summary>
/// <param name="Id">The point's id, also its directory's name.</param>
/// <param name="Vm">The VM's name, unique on its host.</param>
/// <param name="Group">The consistency group that was cut with it.</param>
/// <param name="Parent">The point that its images build on; null for a full one.</param>
/// <param name="Method">full, snapshot, incremental or hook.</param>
/// <param name="Class">One of <see cref="ConsistencyClasses"/>.</param>
public sealed record Point(
    string Id, string Vm, string? Uuid, string Run, string? Group, string? Parent, string Method, string Class,
    IReadOnlyList<PointImage> Disks, FreezeProof Proof)
{
    /// <summary>Of point.json's format.</summary>
    public int Version { get; init; } = 1;
    /// <summary>The VM's host when the point was made.</summary>
    public string? Host { get; init; }
    /// <summary>Absolute path of the point's directory where the node runs; point.json leaves it out, so that it can be
    /// moved.</summary>
    public string? Directory { get; init; }
    /// <summary>What the VM has besides, and is not in the point; null where that was not told.</summary>
    public IReadOnlyList<DeviceOutside>? Outside { get; init; }
    /// <summary>The passwords that its guest's accounts may have had at the cut: qgactl password show VM USER --at POINT. Null:
    /// none is in the escrow, or nobody knows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PasswordAtCut>? Passwords { get; init; }
    /// <summary>The machine beside the images; null in a point of a release that kept none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PointMachineFiles? Machine { get; init; }
}

/// <summary>What a point has of its VM besides the disks: files in the directory machine of the point's.</summary>
/// <param name="Kind">The kind of host that wrote them, and can read them.</param>
/// <param name="Disks">How the files name each disk, in the order of the point's; empty text: they do not.</param>
/// <param name="Redacted">Secrets that the description had, and the point has not.</param>
/// <param name="Missing">What could not be kept.</param>
public sealed record PointMachineFiles(
    string Kind, IReadOnlyList<MachineFile> Files, IReadOnlyList<string> Disks, IReadOnlyList<string> Redacted,
    IReadOnlyList<MissingMachinePart> Missing)
{
    /// <summary>Their directory in the point's.</summary>
    public const string Directory = "machine";
}

/// <param name="File">Its name in the directory machine.</param>
/// <param name="Part">description, firmware or tpm.</param>
/// <param name="Bytes">Its length in bytes.</param>
/// <param name="Sha256">Of the file, lower-case hex.</param>
/// <param name="TakenAt">When it was read: a description before the freeze, the others after the thaw.</param>
public sealed record MachineFile(string File, string Part, long Bytes, string Sha256, DateTimeOffset TakenAt);

/// <param name="Part">description, firmware or tpm.</param>
/// <param name="Reason">A clause.</param>
/// <param name="Remedy">A sentence without its full stop.</param>
public sealed record MissingMachinePart(string Part, string Reason, string Remedy);

/// <summary>A generation of the escrow that may have been in force at the cut.</summary>
public sealed record PasswordAtCut(string User, int Generation);

/// <summary>A disk or device of the VM that is not in the point.</summary>
/// <param name="Name">As QEMU names it.</param>
/// <param name="Why">excluded (by its owner), passed-through, read-only, empty, or tpm.</param>
public sealed record DeviceOutside(string Name, string Why);

/// <summary>One disk's image.</summary>
/// <param name="Index">From 0, in the plan's order.</param>
/// <param name="File">The image's file name in the point's directory.</param>
/// <param name="Size">Virtual size in bytes.</param>
/// <param name="Sha256">Of the image file, lower-case hex.</param>
public sealed record PointImage(int Index, string File, long Size, string Sha256)
{
    /// <summary>The image file's length in bytes.</summary>
    public long? Bytes { get; init; }
    /// <summary>The device's path in QEMU's object model.</summary>
    public string? Qdev { get; init; }
    /// <summary>The disk's node name in QEMU.</summary>
    public string? Node { get; init; }
    /// <summary>covered (its every writer was a frozen file system), uncovered, unknown, or firmware (its only writer).</summary>
    public string? Covered { get; init; }
}

/// <summary>What was seen of the freeze: the class is a pure function of it. An absent fact was not seen.</summary>
/// <param name="Frozen">File systems frozen, as freeze answered.</param>
/// <param name="Thawed">File systems thawed, as thaw answered.</param>
/// <param name="SkewMs">For a group: upper bound between the first and the last cut.</param>
/// <param name="Hooks">What the guest's freeze hooks reported, as far as they do.</param>
public sealed record FreezeProof(
    DateTimeOffset? FrozenAt, DateTimeOffset? CutAt, DateTimeOffset? ThawedAt, long? Frozen, long? Thawed,
    double? SkewMs, string? Hooks)
{
    /// <summary>Milliseconds since the freeze was sent, by the host's monotonic clock.</summary>
    public double? FrozenAfterMs { get; init; }
    public double? CutAfterMs { get; init; }
    public double? ThawedAfterMs { get; init; }
    /// <summary>From frozen to thawed.</summary>
    public double? FrozenMs { get; init; }
    /// <summary>Why there is no more proof, in words.</summary>
    public string? Note { get; init; }
}

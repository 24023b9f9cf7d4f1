namespace QgaOrchestrator.Core.Points;

/// <summary>What a point has of its VM besides the disks: files in the directory machine, beside the images. Members are a
/// stored format.</summary>
/// <param name="Kind">The kind of host that wrote them, and can read them.</param>
/// <param name="Files">What was written.</param>
/// <param name="Disks">How the files name each disk, in the order of the point's disks; empty text: they do not.</param>
/// <param name="Redacted">Secrets that the description had, as in "data of -object sec0": the point has them not.</param>
/// <param name="Missing">What could not be kept.</param>
public sealed record PointMachine(
    string Kind,
    IReadOnlyList<PointMachineFile> Files,
    IReadOnlyList<string> Disks,
    IReadOnlyList<string> Redacted,
    IReadOnlyList<PointMissing> Missing)
{
    /// <summary>Their directory in the point's.</summary>
    public const string Directory = "machine";

    public const string Tpm = "tpm";

    public bool Has(string part) => Files.Any(file => file.Part == part);
}

/// <param name="File">The file's name in the directory machine.</param>
/// <param name="Part">description, firmware (variables of the firmware) or tpm (the state of a TPM).</param>
/// <param name="Bytes">The file's length, bytes.</param>
/// <param name="Sha256">Of the file, lower-case hexadecimal.</param>
/// <param name="TakenAt">When it was read. A description is read before the freeze, the others after the thaw: what a guest
/// changed between that and the cut, they have.</param>
public sealed record PointMachineFile(string File, string Part, long Bytes, string Sha256, DateTimeOffset TakenAt);

/// <param name="Part">description, firmware or tpm.</param>
/// <param name="Reason">Why it is not in the point, a clause.</param>
/// <param name="Remedy">A sentence without its full stop.</param>
public sealed record PointMissing(string Part, string Reason, string Remedy);

namespace QgaOrchestrator.Api;

/// <summary>The SHA-256 of a guest's file, or of its first bytes.</summary>
/// <param name="Bytes">Of how many: as asked for, or fewer where it has no more.</param>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="How">sha256sum: computed in the guest; read: the node read it back. Clients tolerate others.</param>
public sealed record FileDigest(string Path, long Bytes, string Sha256, string How);

/// <summary>A file that was written into a guest.</summary>
/// <param name="Checked">How its SHA-256 was compared with what was sent, as <see cref="FileDigest"/> says it.</param>
/// <param name="Placed">renamed: written beside and renamed into its place; in-place: written over what was there.</param>
public sealed record FileWritten(string Path, long Bytes, string Sha256, string Checked, string Placed);

/// <summary>What PUT needs to know of a file.</summary>
/// <param name="Path">Absolute, in the guest.</param>
/// <param name="Bytes">All of the file's.</param>
/// <param name="Sha256">Of all of them, lower-case hex.</param>
public sealed record FilePut(string Path, long Bytes, string Sha256)
{
    /// <summary>So many are in the guest already; the body holds the rest.</summary>
    public long Offset { get; init; }

    /// <summary>Written over what is there instead of beside it and renamed.</summary>
    public bool InPlace { get; init; }

    /// <summary>Octal; null: as what is replaced, and <see cref="NewMode"/> where nothing is.</summary>
    public string? Mode { get; init; }

    public string? NewMode { get; init; }

    /// <summary>
    /// Where a file is while it is not whole. Its name tells its content, so that what another one left behind is neither
    /// resumed nor overwritten.
    /// </summary>
    public static string PartOf(string path, string sha256) => $"{path}.{sha256[..12]}.part";
}

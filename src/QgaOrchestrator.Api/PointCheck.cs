namespace QgaOrchestrator.Api;

/// <summary>A point whose images its host has read again.</summary>
/// <param name="Good">All of them are as they were recorded.</param>
public sealed record PointCheck(string Id, string Host, bool Good, IReadOnlyList<ImageCheck> Images);

/// <param name="File">Where the image is on that host, an absolute path.</param>
/// <param name="Good">Its SHA-256 is that of point.json.</param>
/// <param name="Reason">What is wrong, a clause; null: nothing.</param>
public sealed record ImageCheck(int Index, string File, bool Good, string? Reason);

namespace QgaOrchestrator.Api;

/// <summary>A point whose files its host has read again.</summary>
/// <param name="Good">All of them are as they were recorded.</param>
public sealed record PointCheck(string Id, string Host, bool Good, IReadOnlyList<ImageCheck> Images)
{
    /// <summary>The files of the machine; empty where the point has none.</summary>
    public IReadOnlyList<MachineFileCheck> Machine { get; init; } = [];
}

/// <param name="File">Where the image is on that host, an absolute path.</param>
/// <param name="Good">Its SHA-256 is that of point.json.</param>
/// <param name="Reason">What is wrong, a clause; null: nothing.</param>
public sealed record ImageCheck(int Index, string File, bool Good, string? Reason);

/// <param name="File">Where the file is on that host, an absolute path.</param>
/// <param name="Good">Its SHA-256 is that of point.json.</param>
/// <param name="Reason">What is wrong, a clause; null: nothing.</param>
public sealed record MachineFileCheck(string File, bool Good, string? Reason);

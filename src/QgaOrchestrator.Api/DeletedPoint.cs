namespace QgaOrchestrator.Api;

/// <summary>A recovery point that is deleted. Paths are those of the node's host.</summary>
/// <param name="Vm">host/name.</param>
/// <param name="Removed">Files that were deleted.</param>
/// <param name="Missing">Files of the point that were not there.</param>
/// <param name="Left">What lies in its directory and is not the point's: it is not touched.</param>
public sealed record DeletedPoint(
    string Id,
    string Vm,
    string Directory,
    IReadOnlyList<string> Removed,
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Left
);

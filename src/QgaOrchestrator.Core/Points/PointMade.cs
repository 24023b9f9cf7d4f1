namespace QgaOrchestrator.Core.Points;

/// <summary>A recovery point as its run's journal names it; the whole of it is in its point.json.</summary>
/// <param name="Id">The point's id.</param>
/// <param name="Directory">Where its images and point.json are.</param>
/// <param name="Class">application, filesystem or crash.</param>
/// <param name="Bytes">What its images take on disk.</param>
public sealed record PointMade(string Id, string Directory, string Class, long Bytes);

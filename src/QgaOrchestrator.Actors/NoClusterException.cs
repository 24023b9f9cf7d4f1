namespace QgaOrchestrator.Actors;

/// <summary>Runs belong to the cluster, and this node is no member of it now.</summary>
/// <param name="waitsFor">As in "waits for 2 of 3 seeds"; null: not known.</param>
public sealed class NoClusterException(string? waitsFor) : Exception($"this node {waitsFor ?? "is no member of its cluster"}");

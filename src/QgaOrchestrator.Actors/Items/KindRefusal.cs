namespace QgaOrchestrator.Actors.Items;

/// <summary>Why a run cannot start on this node as it is.</summary>
/// <param name="Code">Stable, for programs, as in conflict.</param>
/// <param name="Reason">A sentence.</param>
/// <param name="Remedy">What the caller can do, a sentence.</param>
public sealed record KindRefusal(string Code, string Reason, string Remedy);

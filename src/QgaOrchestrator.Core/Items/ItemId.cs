namespace QgaOrchestrator.Core.Items;

/// <summary>The identity of one attempt at one item of a run. With an empty run it is a caller's own freeze.</summary>
public sealed record ItemId(string Run, int Item, int Attempt);

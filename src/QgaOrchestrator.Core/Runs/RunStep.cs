namespace QgaOrchestrator.Core.Runs;

/// <summary>One step of an item. The program shows its name; the rest is for the reader.</summary>
/// <param name="Name">As an item's <c>step</c> shows it.</param>
/// <param name="Does">What it does.</param>
/// <param name="Undone">How it is undone.</param>
/// <param name="AfterCrash">What is unknown after a crash, and how that is settled.</param>
public sealed record RunStep(string Name, string Does, string Undone, string AfterCrash);

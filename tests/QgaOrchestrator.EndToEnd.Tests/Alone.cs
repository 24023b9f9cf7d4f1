namespace QgaOrchestrator.EndToEnd.Tests;

/// <summary>
/// Tests that measure for how long a guest is frozen, or that need both processors. They run one after another, when all others
/// have ended; the others run side by side (xunit.runner.json says how many).
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

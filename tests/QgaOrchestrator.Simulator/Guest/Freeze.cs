namespace QgaOrchestrator.Simulator;

/// <summary>One freeze of a guest, from the instant it was frozen.</summary>
/// <param name="Epoch">1 for the first.</param>
/// <param name="By">The client that froze; number 0 is another tool, outside this socket.</param>
public sealed record Freeze(int Epoch, DateTimeOffset FrozenAt, int Count, Client By)
{
    /// <summary>Null while it lasts.</summary>
    public DateTimeOffset? ThawedAt { get; init; }

    public Client? ThawedBy { get; init; }

    public TimeSpan Lasted(DateTimeOffset now) => (ThawedAt ?? now) - FrozenAt;
}

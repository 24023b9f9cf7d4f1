namespace QgaOrchestrator.Actors.Stores;

/// <summary>A store cannot be used.</summary>
/// <param name="reason">What happened, and to which store; without a full stop.</param>
/// <param name="remedy">What to do; a sentence without its full stop.</param>
public sealed class StoreException(string reason, string remedy, Exception? cause = null)
    : Exception($"{reason}. {remedy}", cause)
{
    public string Reason { get; } = reason;

    public string Remedy { get; } = remedy;

    /// <summary>The store cannot be reached, and may come back by itself.</summary>
    public bool IsAway { get; init; }
}

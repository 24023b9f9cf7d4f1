using QgaOrchestrator.Actors.Stores;

namespace QgaOrchestrator.Node.Access;

/// <summary>What is known of the token that a request bears.</summary>
public abstract record Presented
{
    private Presented() { }

    public sealed record Known(Caller Caller) : Presented;

    /// <summary>It was valid until then.</summary>
    public sealed record Expired(string Name, DateTimeOffset At) : Presented;

    public sealed record Unknown : Presented;

    /// <summary>Nobody can tell: the tokens cannot be read, and what was known of them is too old.</summary>
    public sealed record Unchecked(StoreException Why) : Presented;
}

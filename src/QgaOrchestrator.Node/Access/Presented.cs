namespace QgaOrchestrator.Node.Access;

/// <summary>What is known of the token that a request bears.</summary>
public abstract record Presented
{
    private Presented() { }

    public sealed record Known(Caller Caller) : Presented;

    /// <summary>It was valid until then.</summary>
    public sealed record Expired(string Name, DateTimeOffset At) : Presented;

    public sealed record Unknown : Presented;
}

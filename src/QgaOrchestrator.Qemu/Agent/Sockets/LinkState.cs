namespace QgaOrchestrator.Qemu.Agent.Sockets;

/// <summary>Where a link stands. One request at most is in flight, so a state holds at most one.</summary>
public abstract record LinkState
{
    private LinkState() { }

    /// <summary>A request may be under way or owed an answer only on an open link.</summary>
    public bool IsOpen => this is Ready or Busy or Overdue or Resyncing;

    public sealed record Closed : LinkState;

    public sealed record Connecting : LinkState;

    /// <summary>The sync is sent, alone. Whatever comes before its reply was meant for somebody else.</summary>
    /// <param name="Refusal">The last error that came, but for our 0xFF's: an old request's or, where no reply follows, the
    /// sync's own.</param>
    public sealed record Syncing(long Id, AgentError? Refusal = null) : LinkState
    {
        public Syncing And(AgentReply? line) =>
            line is AgentReply.Error { Value.IsParseError: false } error ? this with { Refusal = error.Value } : this;
    }

    public sealed record Ready : LinkState;

    /// <param name="Written">The kernel has taken the whole request.</param>
    public sealed record Busy(AgentRequest Request, bool Written) : LinkState
    {
        /// <summary>A thaw waits: the id of the sync that goes out behind the request, as soon as that is written.</summary>
        public long? SyncBehind { get; init; }

        /// <summary>
        /// An error that came behind that sync's 0xFF: of the request only if one more follows for the 0xFF. An agent that was
        /// started anew, and never saw the request, answers the 0xFF alone.
        /// </summary>
        public AgentReply.Error? Doubtful { get; init; }
    }

    /// <summary>The time-out of a fully written request that keeps its link has passed; its reply may still come.</summary>
    public sealed record Overdue(AgentRequest Request, Heard Heard) : LinkState;

    /// <summary>0xFF and a sync are sent, behind a request that nobody waits for any more or behind none.</summary>
    /// <param name="Heard">Null: the request's reply has come, or is discarded when it comes.</param>
    public sealed record Resyncing(long Id, Heard? Heard) : LinkState;
}

/// <summary>What came in while a request was overdue: enough to tell its late reply, however much comes.</summary>
public sealed record Heard(int Lines, AgentReply? First, bool LastIsError)
{
    public static Heard Nothing { get; } = new(0, null, false);

    public Heard And(AgentReply? line) => new(Lines + 1, Lines == 0 ? line : First, line is AgentReply.Error);

    /// <summary>
    /// The late reply, once the sync behind the request is answered. Our 0xFF stood between the two and is answered with
    /// at most one error ("JSON parse error, stray"), right before the sync's reply. So a last line that is an error
    /// is not counted; what remains must be exactly one line. An agent that does not answer the 0xFF and refuses the
    /// request late is so taken for one that said nothing: that is the safe side, and fsfreeze-status settles it.
    /// </summary>
    public AgentOutcome? Late => Lines - (LastIsError ? 1 : 0) == 1 ? First?.ToOutcome() : null;
}

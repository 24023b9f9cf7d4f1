namespace QgaOrchestrator.Qemu.Agent;

/// <summary>
/// One guest agent, seen as a call. Who holds the socket, and whether there is one at all (libvirt has none), is the
/// implementation's business. Not thread-safe: its owner calls one method at a time and awaits it, except
/// <see cref="ResyncAsync"/>, which goes out behind a call, and <see cref="Close"/>.
/// </summary>
public interface IAgent : IAsyncDisposable
{
    /// <summary>Bytes of the largest reply that its channel carries; a larger one is lost. Null: there is no limit.</summary>
    long? LargestReply => null;

    /// <summary>True between a successful <see cref="OpenAsync"/> and the link's end.</summary>
    bool IsOpen { get; }

    /// <summary>
    /// For how long a command whose sender has ended may still reach the guest by the way that was opened last: it waits in a
    /// daemon, where no sync goes behind it. Zero where the socket is the guest's own.
    /// </summary>
    TimeSpan Lingering => TimeSpan.Zero;

    /// <summary>
    /// Raised once for each open link that ends without <see cref="Close"/>, after whoever waited on it was told: QEMU is gone
    /// or dropped us, a time-out closed it, or the agent was out of step. May be raised on the reader's thread: do not block.
    /// </summary>
    event Action<string>? Closed;

    /// <summary>
    /// Connects and synchronises: 0xFF and a guest-sync-delimited alone; nothing else is sent before its answer
    /// (an agent that is not running would execute a queued command minutes later). Idempotent while open.
    /// </summary>
    Task<OpenOutcome> OpenAsync(TimeSpan timeout);

    /// <summary>The same for a thaw, by whatever way leads to the guest: a way that is for a thaw alone is let go when
    /// fsfreeze-status has been told on it.</summary>
    Task<OpenOutcome> OpenToThawAsync(TimeSpan timeout) => OpenAsync(timeout);

    /// <summary>
    /// Sends one command and waits for its reply. At the time-out the link is closed, so that QEMU drops what the agent
    /// has not taken; with <see cref="AgentRequest.KeepLinkWhenOverdue"/> (a freeze) it stays, for <see cref="ResyncAsync"/>.
    /// </summary>
    Task<AgentOutcome> CallAsync(AgentRequest request, TimeSpan timeout);

    /// <summary>Whether the agent is there now, and not some time ago: a sync on the open link that was answered less than 2 s
    /// ago, else a new one.</summary>
    Task<ConfirmOutcome> ConfirmAsync(TimeSpan timeout);

    /// <summary>
    /// Sends 0xFF and a sync on the open link, behind the request in flight or an overdue freeze: a link that is closed
    /// instead leaves the socket to whoever queues for it. The agent is serial: once the sync is answered nothing older can
    /// still execute. A call in flight goes on to its reply or its time-out, except a freeze's: that ends as unknown at once, and
    /// its late reply is in the outcome. The sync's own time-out begins where the call's ends; when it has passed, the link is
    /// closed.
    /// </summary>
    /// <returns>Not in sync, and nothing was sent, where the link is not open.</returns>
    Task<ResyncOutcome> ResyncAsync(TimeSpan timeout);

    /// <summary>Drops the link at once; a call in flight ends as <see cref="AgentOutcome.Unknown"/>.</summary>
    void Close();
}

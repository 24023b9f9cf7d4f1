using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Agent.Sockets;

/// <summary>What happens to a link. What belongs to an earlier connection never gets here.</summary>
public abstract record LinkInput
{
    private LinkInput() { }

    public sealed record Open : LinkInput;

    /// <param name="SyncId">Fresh and random.</param>
    public sealed record Connected(long SyncId) : LinkInput;

    public sealed record ConnectFailed(OpenOutcome Outcome) : LinkInput;

    public sealed record Send(AgentRequest Request) : LinkInput;

    /// <summary>The kernel has taken the whole request with which the link came into <paramref name="State"/>.</summary>
    public sealed record Written(LinkState State) : LinkInput;

    public sealed record Line(WireLine Received) : LinkInput;

    /// <summary>The time-out of what is being waited for.</summary>
    public sealed record Deadline(TimeSpan Timeout) : LinkInput;

    /// <param name="SyncId">Fresh and random.</param>
    public sealed record Resync(long SyncId) : LinkInput;

    /// <summary>The other end has closed, or the connection broke.</summary>
    public sealed record Disconnected(string Reason) : LinkInput;

    /// <summary>What comes over it is not to be trusted, or not to be held: see <see cref="LinkNoise"/>.</summary>
    public sealed record Distrust(string Reason) : LinkInput;

    public sealed record Close : LinkInput;
}

/// <summary>
/// The next state, and what to do, in this order: write, drop the connection, hand out what is complete, tell of the loss.
/// </summary>
public readonly record struct LinkStep(LinkState State)
{
    public ReadOnlyMemory<byte> Write { get; init; }
    /// <summary>What is written holds a secret, and is overwritten behind it.</summary>
    public bool IsSecret { get; init; }
    public bool Drop { get; init; }
    public OpenOutcome? Opened { get; init; }
    public AgentOutcome? Called { get; init; }
    public ResyncOutcome? Resynced { get; init; }
    /// <summary>Why an open link ended that its owner did not close.</summary>
    public string? Lost { get; init; }

    /// <summary>Somebody who waited has been answered.</summary>
    public bool IsAnswer => Opened is not null || Called is not null || Resynced is not null;
}

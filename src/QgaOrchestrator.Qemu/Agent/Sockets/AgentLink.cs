using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Qemu.Agent.Sockets;

/// <summary>
/// The life of a link to an agent, as a pure function: Closed → Connecting → Syncing → Ready ⇄ Busy. A request that keeps
/// its link goes Busy → Overdue → Resyncing → Ready. Behind any other one a sync goes out while it is in flight where a thaw
/// waits: Busy → Resyncing → Ready, with its reply as always if that comes in time. So the socket is not given up to whoever
/// queues for it. Any failure leads back to Closed, and whoever waits is told.
/// Requests carry no id (agents before QEMU 4.0 refuse them): a reply belongs to the one request that is in flight
/// because the agent is serial and the sync has flushed everything older.
/// </summary>
public static class AgentLink
{
    public static LinkState Start { get; } = new LinkState.Closed();

    private static readonly LinkState _ready = new LinkState.Ready();
    private static readonly OpenOutcome _opened = new OpenOutcome.Ready();

    public static LinkStep Step(LinkState state, LinkInput input) => (state, input) switch
    {
        (LinkState.Closed, LinkInput.Open) => new(new LinkState.Connecting()),
        (LinkState.Connecting, LinkInput.Connected connected) =>
            new(new LinkState.Syncing(connected.SyncId)) { Write = AgentBytes.Sync(connected.SyncId) },
        (LinkState.Connecting, LinkInput.ConnectFailed failed) => new(Start) { Opened = failed.Outcome },
        (LinkState.Syncing syncing, LinkInput.Line line) =>
            Answers(syncing.Id, line)
                ? new(_ready) { Opened = _opened }
                : new(syncing.And(AgentReply.Parse(line.Received.Bytes))),
        (LinkState.Ready, LinkInput.Send send) =>
            // A copy of its own tells this sending from another one of the same request.
            new(new LinkState.Busy(send.Request with { }, Written: false))
            {
                Write = AgentBytes.Of(send.Request),
                IsSecret = send.Request.Holder is not null,
            },
        (LinkState.Ready, LinkInput.Line line) => Unasked(state, line),
        (LinkState.Ready, LinkInput.Resync resync) => Behind(resync.SyncId, heard: null),
        (LinkState.Busy busy, LinkInput.Written written) => IsOf(busy, written) ? Taken(busy) : new(busy),
        (LinkState.Busy { SyncBehind: { } id } busy, LinkInput.Line line) => WhileFollowed(busy, id, line),
        (LinkState.Busy busy, LinkInput.Line line) => Read(busy, line) is { } reply
            ? new(_ready) { Called = Outcome(busy, reply) }
            : new(state),
        (
            LinkState.Busy { Written: true, SyncBehind: null, Request.KeepLinkWhenOverdue: true } busy,
            LinkInput.Deadline deadline
        ) => new(new LinkState.Overdue(busy.Request, Heard.Nothing)) { Called = NoReply(busy, deadline.Timeout) },
        (
            LinkState.Busy { Written: true, SyncBehind: null, Request.KeepLinkWhenOverdue: true } busy,
            LinkInput.Resync resync
        ) => Behind(resync.SyncId, Heard.Nothing) with { Called = new AgentOutcome.Unknown($"{busy.Request} is overdue") },
        (LinkState.Busy { SyncBehind: null } busy, LinkInput.Resync resync) => busy.Written
            ? Follow(busy, resync.SyncId)
            : new(busy with { SyncBehind = resync.SyncId }),
        (LinkState.Busy { Written: true, SyncBehind: { } id } busy, LinkInput.Deadline deadline) => new(
            new LinkState.Resyncing(id, Heard: null)
        )
        { Called = NoReply(busy, deadline.Timeout) with { By = WaitEnd.TimedOut } },
        (LinkState.Overdue overdue, LinkInput.Line line) => new(
            overdue with { Heard = overdue.Heard.And(AgentReply.Parse(line.Received.Bytes)) }
        ),
        (LinkState.Overdue overdue, LinkInput.Resync resync) => Behind(resync.SyncId, overdue.Heard),
        (LinkState.Resyncing resyncing, LinkInput.Line line) => Answers(resyncing.Id, line)
            ? new(_ready) { Resynced = new(InSync: true, resyncing.Heard?.Late) }
            : new(resyncing with { Heard = resyncing.Heard?.And(AgentReply.Parse(line.Received.Bytes)) }),
        (_, LinkInput.Deadline deadline) => End(state, Silence(state, deadline.Timeout), lost: true, WaitEnd.TimedOut),
        (LinkState.Closed, LinkInput.Disconnected or LinkInput.Distrust or LinkInput.Close) => new(state),
        (_, LinkInput.Disconnected gone) => End(state, gone.Reason, lost: true, WaitEnd.LinkLost),
        (_, LinkInput.Distrust distrust) => End(state, distrust.Reason, lost: true),
        (_, LinkInput.Close) => End(state, "closed by its owner", lost: false),
        (_, LinkInput.Written) => new(state),
        _ => throw new InvalidOperationException($"{input.GetType().Name} while {state.GetType().Name}"),
    };

    private static LinkStep Behind(long syncId, Heard? heard) =>
        new(new LinkState.Resyncing(syncId, heard)) { Write = AgentBytes.Sync(syncId) };

    private static bool IsOf(LinkState.Busy busy, LinkInput.Written written) =>
        written.State is LinkState.Busy sent && ReferenceEquals(sent.Request, busy.Request);

    private static LinkStep Taken(LinkState.Busy busy) => busy is { Written: false, SyncBehind: { } id }
        ? Follow(busy with { Written = true }, id)
        : new(busy with { Written = true });

    private static LinkStep Follow(LinkState.Busy busy, long syncId) =>
        new(busy with { SyncBehind = syncId }) { Write = AgentBytes.Sync(syncId) };

    /// <summary>
    /// A value is the request's: nothing else was asked before the sync, and the agent is serial. An error may be the answer to
    /// our 0xFF (<see cref="LinkState.Busy.Doubtful"/>). The sync answered first means that the agent ended the request and
    /// said nothing, or that it is another agent.
    /// </summary>
    private static LinkStep WhileFollowed(LinkState.Busy busy, long syncId, LinkInput.Line line)
    {
        if (busy.Written && Answers(syncId, line))
            return new(_ready) { Called = Nothing(busy), Resynced = new(InSync: true, Late: null) };
        return (busy, Read(busy, line)) switch
        {
            (_, null) => new(busy),
            // No 0xFF is sent yet, and a reply to all that was asked is as good as its sync.
            ({ Written: false }, { } reply) =>
                new(_ready) { Called = Outcome(busy, reply), Resynced = new(InSync: true, Late: null) },
            ({ Doubtful: null }, AgentReply.Error error) => new(busy with { Doubtful = error }),
            ({ Doubtful: { } first }, AgentReply.Error second) when first != second =>
                Ended(syncId, Outcome(busy, first)),
            ({ Doubtful: null }, AgentReply.Return value) => Ended(syncId, Outcome(busy, value)),
            _ => Ended(syncId, Nothing(busy)),
        };
    }

    private static AgentReply? Read(LinkState.Busy busy, LinkInput.Line line) =>
        AgentReply.Parse(line.Received.Bytes, withWords: busy.Request.Holder is null);

    private static AgentOutcome Outcome(LinkState.Busy busy, AgentReply reply) =>
        busy.Request.Holder is null ? reply.ToOutcome() : WithheldReply.Of(busy.Request, reply);

    private static LinkStep Ended(long syncId, AgentOutcome outcome) =>
        new(new LinkState.Resyncing(syncId, Heard: null)) { Called = outcome };

    private static AgentOutcome.Unknown Nothing(LinkState.Busy busy) =>
        new($"the agent ended {busy.Request} without a reply") { By = WaitEnd.Passed };

    /// <summary>Only a sync's reply stands behind a 0xFF, so a number that an old request returned cannot pass for it.</summary>
    private static bool Answers(long syncId, LinkInput.Line line) =>
        line.Received.AfterSentinel
        && line.Received.Bytes.Span.IndexOf(AgentBytes.Number(syncId)) >= 0
        && AgentReply.Parse(line.Received.Bytes) is AgentReply.Return { Json: var json }
        && json.Span.SequenceEqual(AgentBytes.Number(syncId));

    /// <summary>Noise is no reply. A reply that nobody asked for means that we are out of step: trust no other.</summary>
    private static LinkStep Unasked(LinkState state, LinkInput.Line line) =>
        AgentReply.Parse(line.Received.Bytes, withWords: false) is null
            ? new(state)
            : End(state, "the agent answered though nothing was asked", lost: true);

    private static LinkStep End(LinkState state, string reason, bool lost, WaitEnd by = WaitEnd.Other) => new(Start)
    {
        Drop = true,
        Opened = state is LinkState.Connecting or LinkState.Syncing
            ? new OpenOutcome.NoAnswer(reason) { Refusal = (state as LinkState.Syncing)?.Refusal }
            : null,
        Called = state is LinkState.Busy busy
            ? new AgentOutcome.Unknown(reason) { By = busy.Written ? by : WaitEnd.Other }
            : null,
        Resynced = state is LinkState.Resyncing or LinkState.Busy { SyncBehind: not null }
            ? new(InSync: false, Late: null, reason)
            : null,
        Lost = lost && state.IsOpen ? reason : null,
    };

    private static AgentOutcome.Unknown NoReply(LinkState.Busy busy, TimeSpan timeout) => new(Silence(busy, timeout));

    private static string Silence(LinkState state, TimeSpan timeout) => state switch
    {
        LinkState.Busy { Written: false } busy => $"{busy.Request} was not taken within {timeout.TotalSeconds:0.###} s",
        LinkState.Busy busy => $"no reply to {busy.Request} within {timeout.TotalSeconds:0.###} s",
        LinkState.Syncing { Refusal: { } refusal } => $"the agent answers {GuestSyncDelimited.Name} with an error: {refusal}",
        LinkState.Connecting => $"not connected within {timeout.TotalSeconds:0.###} s",
        _ => $"no answer to the sync within {timeout.TotalSeconds:0.###} s",
    };
}

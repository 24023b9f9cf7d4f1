using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Agent.Sockets;

/// <summary>
/// An agent behind a unix socket of QEMU's. <see cref="AgentLink"/> decides, this performs: each input steps the link
/// under the lock, and its effects are performed outside of it.
/// A reply completes its call right on the reader's thread, since each hop would lengthen a freeze: what is awaited here
/// may go on there, and must not block.
/// </summary>
/// <remarks>
/// With <see cref="SocketHold.PerCommand"/> a call on a closed link connects, syncs, calls and closes, all within the call's
/// time-out; <see cref="OpenAsync"/> still holds the socket until <see cref="Close"/>, as a window needs it.
/// </remarks>
public sealed class SocketAgent : IAgent
{
    /// <summary>An agent that is there answers a sync in milliseconds.</summary>
    private static readonly TimeSpan _longestSync = TimeSpan.FromSeconds(5);

    /// <summary>So long a sync's answer shows that the agent is there.</summary>
    private static readonly TimeSpan _freshSync = TimeSpan.FromSeconds(2);

    private readonly string _path;
    private readonly SocketHold _hold;
    private readonly TimeProvider _time;
    private readonly SyncIds _syncIds;

    private readonly Lock _gate = new();
    private LinkState _state = AgentLink.Start;
    private UnixConnection? _connection;
    private Waiter<OpenOutcome>? _open;
    private Waiter<AgentOutcome>? _call;
    private Waiter<ResyncOutcome>? _resync;
    private TimeSpan _resyncTimeout;
    private bool _forOneCall;
    private LinkNoise _noise;

    /// <summary>When the last sync on the open link was answered.</summary>
    private long? _synced;

    public SocketAgent(string path, SocketHold hold, TimeProvider time, Random random)
    {
        (_path, _hold, _time) = (path, hold, time);
        _syncIds = new SyncIds(hold, random);
    }

    /// <summary>An agent whose socket is ours alone, connected and in sync.</summary>
    /// <param name="path">Of QEMU's unix socket: at most 107 bytes.</param>
    /// <param name="random">For the ids of its syncs.</param>
    /// <param name="timeout">For the sync's answer; null is 5 s.</param>
    /// <exception cref="AgentException">Nobody listens on the socket, another client holds it, or no agent answers.</exception>
    public static async Task<SocketAgent> ConnectAsync(string path, TimeProvider time, Random random, TimeSpan? timeout = null)
    {
        var agent = new SocketAgent(path, SocketHold.Exclusive, time, random);
        var reason = await agent.OpenAsync(timeout ?? _longestSync).ConfigureAwait(false) switch
        {
            OpenOutcome.NoSocket none => none.Reason,
            OpenOutcome.NoAnswer silent => $"{silent.Reason}: no agent runs in the guest, or another client holds the socket",
            _ => null,
        };
        if (reason is null)
            return agent;
        await agent.DisposeAsync().ConfigureAwait(false);
        throw new AgentException($"{path}: {reason}");
    }

    public event Action<string>? Closed;

    public bool IsOpen
    {
        get { lock (_gate) return _state.IsOpen; }
    }

    /// <summary>The process behind the open link.</summary>
    public PeerCredentials? Peer
    {
        get { lock (_gate) return _connection?.Peer; }
    }

    public Task<OpenOutcome> OpenAsync(TimeSpan timeout) => OpenLinkAsync(timeout, forOneCall: false);

    public Task<AgentOutcome> CallAsync(AgentRequest request, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (AgentBytes.Objection(request) is { } objection)
            return NotSent(objection);
        Waiter<AgentOutcome> waiter = new(_time, Expire);
        LinkState found;
        LinkEffects effects = default;
        lock (_gate)
        {
            found = _state;
            if (found is LinkState.Ready)
            {
                _call = waiter;
                effects = Step(new LinkInput.Send(request));
            }
        }
        if (found is LinkState.Closed && _hold == SocketHold.PerCommand)
            return CallOnceAsync(request, timeout);
        if (found is not LinkState.Ready)
            return NotSent(found.IsOpen ? "another request is under way" : "the link is not open");
        waiter.Arm(timeout);
        Perform(effects);
        return waiter.Task;
    }

    public Task<ConfirmOutcome> ConfirmAsync(TimeSpan timeout)
    {
        lock (_gate)
            if (_state is LinkState.Ready && _synced is { } at && _time.GetElapsedTime(at) < _freshSync)
                return Task.FromResult(new ConfirmOutcome(true));
        return SyncCall.AskAsync(this, _syncIds.Next(), timeout);
    }

    public Task<ResyncOutcome> ResyncAsync(TimeSpan timeout)
    {
        Waiter<ResyncOutcome> waiter;
        LinkEffects effects;
        lock (_gate)
        {
            if (_resync is { } pending && _state is not LinkState.Resyncing { Heard: not null })
                return pending.Task; // the same sync is as good for both
            if (_state is not (LinkState.Ready or LinkState.Overdue or LinkState.Busy))
                return Task.FromResult(
                    new ResyncOutcome(false, null, _state.IsOpen ? "a sync is under way" : "the link is not open"));
            _resync = waiter = new(_time, Expire);
            // A freeze's call ends now, and the agent may work on it for as long as it was given.
            _resyncTimeout =
                timeout
                + (
                    _state is LinkState.Busy { Request.KeepLinkWhenOverdue: true } && _call is { } freeze
                        ? freeze.Left
                        : TimeSpan.Zero
                );
            effects = Step(new LinkInput.Resync(_syncIds.Next()));
            if (_call is null) effects = effects with { Sync = waiter };
        }
        Perform(effects);
        return waiter.Task;
    }

    public void Close()
    {
        LinkEffects effects;
        lock (_gate)
            effects = Step(new LinkInput.Close());
        // The owner may hold a lock of its own, so what waits does not go on under its feet.
        effects.Connection?.Dispose();
        if (effects.HasCompletions)
            ThreadPool.UnsafeQueueUserWorkItem(static e => e.Complete(), effects, preferLocal: false);
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return default;
    }

    private static Task<AgentOutcome> NotSent(string reason) =>
        Task.FromResult<AgentOutcome>(new AgentOutcome.NotSent(reason));

    private Task<OpenOutcome> OpenLinkAsync(TimeSpan timeout, bool forOneCall)
    {
        Waiter<OpenOutcome> waiter;
        lock (_gate)
        {
            if (_state is LinkState.Ready or LinkState.Busy)
                return Task.FromResult<OpenOutcome>(new OpenOutcome.Ready());
            if (_state is not LinkState.Closed)
                return Task.FromResult<OpenOutcome>(new OpenOutcome.NoAnswer(_state.IsOpen
                    ? "a request is overdue: it takes a resync, or a close first"
                    : "the link is being opened already"));
            _forOneCall = forOneCall;
            _open = waiter = new(_time, Expire);
            Step(new LinkInput.Open());
        }
        waiter.Arm(timeout);
        _ = ConnectAsync(waiter);
        return waiter.Task;
    }

    private async Task<AgentOutcome> CallOnceAsync(AgentRequest request, TimeSpan timeout)
    {
        var start = _time.GetTimestamp();
        var opened = await OpenLinkAsync(timeout < _longestSync ? timeout : _longestSync, forOneCall: true).ConfigureAwait(false);
        switch (opened)
        {
            case OpenOutcome.NoSocket none:
                return new AgentOutcome.NotSent(none.Reason);
            case OpenOutcome.NoAnswer silent:
                return new AgentOutcome.NotSent(silent.Reason);
        }
        var left = timeout - _time.GetElapsedTime(start);
        var outcome = await CallAsync(request, left > TimeSpan.Zero ? left : TimeSpan.Zero).ConfigureAwait(false);
        // An overdue freeze keeps the link: its late reply is harvested there.
        bool keep;
        lock (_gate)
            keep = _state is LinkState.Overdue or LinkState.Resyncing;
        if (!keep)
            Close();
        return outcome;
    }

    private async Task ConnectAsync(Waiter<OpenOutcome> waiter)
    {
        var outcome = await SharedConnect.ConnectAsync(_path, _hold, LineMemory.Agents, _time, () => _open == waiter)
            .ConfigureAwait(false);
        var connection = (outcome as ConnectOutcome.Connected)?.Connection;
        LinkEffects effects;
        lock (_gate)
        {
            if (_open != waiter) // timed out or closed meanwhile
            {
                connection?.Dispose();
                return;
            }
            _connection = connection;
            effects = Step(outcome switch
            {
                ConnectOutcome.Connected => new LinkInput.Connected(_syncIds.Next()),
                ConnectOutcome.Busy busy => new LinkInput.ConnectFailed(new OpenOutcome.NoAnswer(busy.Reason)),
                ConnectOutcome.NoSocket none => new LinkInput.ConnectFailed(new OpenOutcome.NoSocket(none.Reason)),
                _ => throw new InvalidOperationException("no other outcome exists"),
            });
        }
        Perform(effects);
        // Not awaited: what opened the link is not kept for as long as it lives.
        if (connection is not null) _ = ReadAsync(connection);
    }

    private async Task ReadAsync(UnixConnection connection)
    {
        string reason;
        try
        {
            while (await connection.ReadLineAsync().ConfigureAwait(false) is { } line)
                Hear(connection, line);
            reason = "QEMU closed the connection";
        }
        catch (Exception e) // also a fault of ours: whoever waits on this link is told, and begins with another
        {
            reason = e.Message;
        }
        Feed(connection, new LinkInput.Disconnected(reason));
    }

    /// <summary>A line is a step, unless it is too long; what is no answer adds up to what ends the link.</summary>
    private void Hear(UnixConnection connection, WireLine line)
    {
        LinkEffects effects = default;
        bool erases;
        lock (_gate)
        {
            if (_connection != connection)
                return;
            // Nothing of it is passed on: neither of a reply to a secret command, nor of a line that nobody asked for.
            erases = _state is LinkState.Ready or LinkState.Busy { Request.Holder: not null };
            var distrust = LinkNoise.Refuse(_state, line);
            if (distrust is null)
            {
                if (!line.Bytes.IsEmpty || line.Fault != LineFault.None)
                    effects = Step(new LinkInput.Line(line));
                _noise = effects.Step.IsAnswer ? default : _noise.And(_state, line);
                distrust = _noise.Objection(_state);
            }
            if (distrust is not null)
                effects = Step(new LinkInput.Distrust(distrust));
        }
        if (erases) line.Bytes.Erase();
        Perform(effects);
    }

    private async Task WriteAsync(UnixConnection connection, LinkStep step)
    {
        try
        {
            await connection.WriteAsync(step.Write, step.IsSecret).ConfigureAwait(false);
            Feed(connection, new LinkInput.Written(step.State));
        }
        catch (IOException e)
        {
            Feed(connection, new LinkInput.Disconnected(e.Message));
        }
    }

    private void Feed(UnixConnection connection, LinkInput input)
    {
        LinkEffects effects;
        lock (_gate)
        {
            if (_connection != connection) // of an earlier link
                return;
            effects = Step(input);
        }
        Perform(effects);
    }

    /// <summary>Called by the timer of an operation; void if that has just been completed.</summary>
    private void Expire(object waiter, TimeSpan timeout)
    {
        LinkEffects effects;
        lock (_gate)
        {
            if (waiter != (object?)_open && waiter != _call && waiter != _resync)
                return;
            effects = Step(_connection is { WaitsForMemory: true }
                ? new LinkInput.Distrust(LinkNoise.NoMemory(_state))
                : new LinkInput.Deadline(timeout));
        }
        Perform(effects);
    }

    /// <summary>Under the lock: what a step completes is taken with it, so that each waiter is completed once.</summary>
    private LinkEffects Step(LinkInput input)
    {
        var step = AgentLink.Step(_state, input);
        _state = step.State;
        var effects = new LinkEffects(
            step,
            _connection,
            step.Opened is null ? null : Waiters.Take(ref _open),
            step.Called is null ? null : Waiters.Take(ref _call),
            step.Resynced is null ? null : Waiters.Take(ref _resync),
            step.Lost is null || _forOneCall ? null : Closed)
        {
            // While a call is in flight its time-out runs, and the sync's behind it not yet.
            Sync = step.Called is null || step.Resynced is not null ? null : _resync,
            SyncTimeout = _resyncTimeout,
        };
        if (step.Opened is OpenOutcome.Ready || step.Resynced is { InSync: true }) _synced = _time.GetTimestamp();
        if (step.Drop)
            (_connection, _noise, _synced) = (null, default, null);
        else
            _connection?.Expect(LinkNoise.LongestLine(_state), _state is LinkState.Busy { Request.Holder: not null });
        return effects;
    }

    private void Perform(LinkEffects effects)
    {
        effects.Sync?.Arm(effects.SyncTimeout);
        if (effects.Step.Drop)
            effects.Connection?.Dispose();
        else if (!effects.Step.Write.IsEmpty)
            _ = WriteAsync(effects.Connection!, effects.Step);
        effects.Complete();
    }
}

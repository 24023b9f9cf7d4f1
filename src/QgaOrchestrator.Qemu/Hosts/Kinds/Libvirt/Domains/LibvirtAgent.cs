using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>
/// A domain's agent, by libvirt's daemon, which has its channel. The daemon begins every command with a sync of its own, so a
/// ping that is answered stands for one. For a thaw there is a second way, the channel itself: it is tried as soon as the
/// daemon is gone or slow, and let go when status has been told, since the daemon needs it when it is back.
/// </summary>
internal sealed class LibvirtAgent(LibvirtPlace place, LibvirtHost host, TimeProvider time, Random random) : IAgent
{
    /// <summary>A daemon that is there answers within it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    /// <summary>So long an answer shows that the agent is there.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private bool _retained, _listening, _resyncing;
    private int _epoch;
    private RpcDomain? _domain;
    private DirectChannel? _channel;
    private LibvirtCall? _call, _overdue;
    private long? _answered;

    private readonly FreezeUnderWay _freeze = new(time);
    private bool _direct;

    public event Action<string>? Closed;

    public long? LargestReply => RpcMessage.LongestText;

    public bool IsOpen
    {
        get { lock (_gate) return _domain is not null || _channel is not null; }
    }

    /// <summary>Of a daemon that has let the channel go nothing can follow.</summary>
    public TimeSpan Lingering { get { lock (_gate) return _direct ? TimeSpan.Zero : FreezeUnderWay.LongestWait; } }

    public Task<OpenOutcome> OpenAsync(TimeSpan timeout) => OpenThroughAsync(host.Agents, timeout, Begin());

    public async Task<OpenOutcome> OpenToThawAsync(TimeSpan timeout)
    {
        var (epoch, start) = (Begin(), time.GetTimestamp());
        var through = OpenThroughAsync(host.Thaw, timeout, epoch);
        await Task.WhenAny(through, Task.Delay(Patience < timeout ? Patience : timeout, time)).ConfigureAwait(false);
        if (through is { IsCompletedSuccessfully: true, Result: OpenOutcome.Ready }) return await through.ConfigureAwait(false);

        using var late = new CancellationTokenSource(time.Left(timeout, start), time);
        var direct = OpenChannelAsync(epoch, late.Token);
        if (await Task.WhenAny(through, direct).ConfigureAwait(false) == through
            && await through.ConfigureAwait(false) is OpenOutcome.Ready)
            await late.CancelAsync().ConfigureAwait(false);
        var why = await direct.ConfigureAwait(false);
        if (why is null) return new OpenOutcome.Ready();
        return await through.ConfigureAwait(false) switch
        {
            OpenOutcome.NoSocket none => new OpenOutcome.NoSocket($"{none.Reason}; and {why}"),
            OpenOutcome.NoAnswer silent => new OpenOutcome.NoAnswer($"{silent.Reason}; and {why}"),
            var ready => ready,
        };
    }

    public async Task<AgentOutcome> CallAsync(AgentRequest request, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (LibvirtRequests.Objection(request, place) is { } objection) return new AgentOutcome.NotSent(objection);
        LibvirtCall call;
        DirectChannel? channel;
        lock (_gate)
        {
            channel = _channel;
            if (channel is null && _domain is null) return new AgentOutcome.NotSent("the link is not open");
            if (_call is not null) return new AgentOutcome.NotSent("another request is under way");
            _call = call = new LibvirtCall(request, time, timeout);
        }
        var outcome = channel is null ? await ThroughAsync(call).ConfigureAwait(false) : await DirectlyAsync(call, channel)
            .ConfigureAwait(false);
        call.End();
        return outcome;
    }

    public async Task<ConfirmOutcome> ConfirmAsync(TimeSpan timeout)
    {
        lock (_gate)
        {
            if (_domain is null) return new(false, "the link is not open");
            if (_answered is { } at && time.GetElapsedTime(at) < Fresh) return new(true);
        }
        return await PingAsync(timeout).ConfigureAwait(false) is { } reason ? new(false, reason) : new(true);
    }

    public async Task<ResyncOutcome> ResyncAsync(TimeSpan timeout)
    {
        LibvirtCall? call;
        lock (_gate)
        {
            if (_domain is null) return new(false, null, "the link is not open");
            if (_resyncing) return new(false, null, "a sync is under way");
            (_resyncing, call) = (true, _call);
        }
        try
        {
            if (call is { Request.KeepLinkWhenOverdue: true })
            {
                timeout += call.Left;
                call.Abandon();
            }
            else if (call is not null)
            {
                await call.Ended.ConfigureAwait(false);
            }
            var start = time.GetTimestamp();
            var reason = await _freeze.EndedAsync(timeout).ConfigureAwait(false)
                ?? await PingAsync(time.Left(timeout, start)).ConfigureAwait(false);
            if (reason is not null)
            {
                Drop(reason);
                return new(false, null, reason);
            }
            lock (_gate)
            {
                var late = _overdue?.Late;
                _overdue = null;
                return new(true, late);
            }
        }
        finally
        {
            lock (_gate) _resyncing = false;
        }
    }

    public void Close()
    {
        DirectChannel? channel;
        LibvirtCall? call;
        bool retained;
        lock (_gate)
        {
            _epoch++;
            (channel, call, retained) = (_channel, _call, _retained);
            (_channel, _domain, _overdue, _answered, _retained) = (null, null, null, null, false);
        }
        channel?.Dispose();
        call?.Abandon();
        if (retained) _ = ReleaseAsync();
    }

    /// <summary>The connection is kept until it has told how a freeze has ended.</summary>
    private async Task ReleaseAsync()
    {
        await _freeze.EndedAsync().ConfigureAwait(false);
        host.Release();
    }

    public ValueTask DisposeAsync()
    {
        Close();
        if (_listening)
        {
            host.Thaw.Lost -= Lose;
            host.Agents.Lost -= Lose;
        }
        return default;
    }

    private int Begin()
    {
        lock (_gate)
        {
            if (!_retained) host.Retain();
            if (!_listening)
            {
                host.Thaw.Lost += Lose;
                host.Agents.Lost += Lose;
            }
            (_retained, _listening) = (true, true);
            return _epoch;
        }
    }

    private async Task<OpenOutcome> OpenThroughAsync(RpcLane lane, TimeSpan timeout, int epoch)
    {
        if (IsOpen) return new OpenOutcome.Ready();
        var start = time.GetTimestamp();
        try
        {
            if (await _freeze.EndedAsync(timeout).ConfigureAwait(false) is { } waits) return new OpenOutcome.NoAnswer(waits);
            var domain = await lane.DomainAsync(place.Uuid, time.Left(timeout, start)).ConfigureAwait(false);
            var left = time.Left(timeout, start);
            var ping = LibvirtRequests.Call(domain, GuestPing.Request, left);
            switch (AgentAnswers.Of(GuestPing.Request, await lane.CallAsync(ping, left).ConfigureAwait(false)))
            {
                case AgentOutcome.Returned:
                    lock (_gate)
                    {
                        if (epoch != _epoch || _channel is not null) return new OpenOutcome.NoAnswer("closed by its owner");
                        (_domain, _direct, _answered) = (domain, false, time.GetTimestamp());
                    }
                    host.Thaw.Warm();
                    return new OpenOutcome.Ready();
                case AgentOutcome.Refused refused:
                    return new OpenOutcome.NoAnswer(refused.Error.Description) { Refusal = refused.Error };
                case AgentOutcome.NotSent notSent:
                    return new OpenOutcome.NoAnswer(notSent.Reason) { Remedy = notSent.Remedy };
                case AgentOutcome.Unknown unknown:
                    return new OpenOutcome.NoAnswer(unknown.Reason);
                default:
                    throw new InvalidOperationException("no other outcome exists");
            }
        }
        catch (LibvirtException e)
        {
            return e.IsNoDomain || e.Outcome is RpcOutcome.NotSent
                ? new OpenOutcome.NoSocket(e.Message)
                : new OpenOutcome.NoAnswer(e.Message);
        }
    }

    /// <returns>Null: it is open; or why not.</returns>
    private async Task<string?> OpenChannelAsync(int epoch, CancellationToken cancel)
    {
        if (place.Channel.Length == 0) return "the domain has no channel for an agent";
        var (link, reason) = await DirectChannel
            .OpenAsync(place.Channel, random.NextInt64(1, 1L << 53), time, cancel).ConfigureAwait(false);
        if (link is null) return reason;
        lock (_gate)
        {
            if (epoch == _epoch && _domain is null)
            {
                (_channel, _direct) = (link, true);
                return null;
            }
        }
        link.Dispose();
        return "closed by its owner";
    }

    private async Task<AgentOutcome> ThroughAsync(LibvirtCall call)
    {
        RpcDomain domain;
        lock (_gate)
        {
            if (_domain is null) return Forget(call, new AgentOutcome.NotSent("the link is not open"));
            domain = _domain;
        }
        var lane = LibvirtRequests.IsOfThaw(call.Request) ? host.Thaw : host.Agents;
        var sent = lane.CallAsync(LibvirtRequests.Call(domain, call.Request, call.Left), call.Left);
        call.Sent = sent;
        if (call.Request.KeepLinkWhenOverdue) _freeze.Begin(call);
        var ended = await Task.WhenAny(sent, call.Abandoned).ConfigureAwait(false) == sent
            ? await sent.ConfigureAwait(false)
            : new RpcOutcome.Unknown($"{call.Request} is overdue", sent);
        var outcome = AgentAnswers.Of(call.Request, ended);
        lock (_gate)
        {
            _call = null;
            if (outcome is AgentOutcome.Returned or AgentOutcome.Refused)
            {
                _answered = time.GetTimestamp();
                return outcome;
            }
            // Of a connection that was lost nothing comes late.
            if (outcome is AgentOutcome.Unknown && ended is RpcOutcome.Unknown { Late: not null }
                && call.Request.KeepLinkWhenOverdue && _domain is not null)
            {
                _overdue = call;
                return outcome;
            }
            if (outcome is AgentOutcome.Unknown && _resyncing) return outcome;
        }
        if (outcome is AgentOutcome.Unknown unknown) Drop(unknown.Reason);
        return outcome;
    }

    /// <summary>The channel is let go behind the last command of a thaw.</summary>
    private async Task<AgentOutcome> DirectlyAsync(LibvirtCall call, DirectChannel channel)
    {
        var outcome = LibvirtRequests.IsOfThaw(call.Request)
            ? await channel.CallAsync(call.Request, call.Left).ConfigureAwait(false)
            : new AgentOutcome.NotSent("libvirt's daemon is away, and only a thaw goes to the channel itself");
        Forget(call, outcome);
        if (call.Request.Command == GuestFsfreezeStatus.Name || outcome is AgentOutcome.Unknown)
            Drop("the guest's channel is left to libvirt's daemon again");
        return outcome;
    }

    private AgentOutcome Forget(LibvirtCall call, AgentOutcome outcome)
    {
        lock (_gate) if (_call == call) _call = null;
        return outcome;
    }

    /// <returns>Null: answered; or why not.</returns>
    private async Task<string?> PingAsync(TimeSpan timeout)
    {
        RpcDomain? domain;
        lock (_gate) domain = _domain;
        if (domain is null) return "the link is not open";
        var outcome = AgentAnswers.Of(GuestPing.Request, await host.Thaw
            .CallAsync(LibvirtRequests.Call(domain, GuestPing.Request, timeout), timeout).ConfigureAwait(false));
        if (outcome is AgentOutcome.Returned)
        {
            lock (_gate) _answered = time.GetTimestamp();
            return null;
        }
        return outcome switch
        {
            AgentOutcome.NotSent notSent => notSent.Reason,
            AgentOutcome.Unknown unknown => unknown.Reason,
            AgentOutcome.Refused refused => refused.Error.Description,
            _ => "no answer",
        };
    }

    private void Lose(string reason)
    {
        lock (_gate) if (_domain is null) return;
        Drop(reason);
    }

    /// <summary>The link ends, and its owner did not ask for it.</summary>
    private void Drop(string reason)
    {
        if (!IsOpen) return;
        Close();
        Closed?.Invoke(reason);
    }
}

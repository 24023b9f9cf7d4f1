using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>What a channel's owner is told while the channel takes a step.</summary>
internal interface IChannelOwner
{
    /// <summary>The reserved window has the channel.</summary>
    void Granted(string window);

    void NotGranted(string window, string reason);

    /// <summary>The step is done.</summary>
    void Stepped(ChannelInput input);
}

/// <summary>
/// The interpreter of <see cref="ChannelRules"/> for one VM: it alone speaks to the guest's agent, under the agent's lock, and
/// completes each command once. Belongs to the <see cref="VmActor"/>, whose mailbox brings it what it has sent itself.
/// </summary>
internal sealed class VmChannel
{
    /// <summary>What has become of something that it had begun.</summary>
    public abstract record Notice : INoSerializationVerificationNeeded
    {
        private Notice() { }

        public sealed record Input(ChannelInput Of) : Notice;

        public sealed record Ended(long Ticket, AgentOutcome Outcome) : Notice;

        /// <summary>The sync behind a command has ended.</summary>
        public sealed record SyncEnded(long Ticket, string Reason) : Notice;

        public sealed record OpenAgain : Notice;
    }

    private const string SyncRefused =
        $"Allow {GuestSyncDelimited.Name} in the guest (qemu-ga --allow-rpcs/--block-rpcs), or update qemu-ga: it has the "
            + $"command since QEMU 1.1";

    private static readonly TimeSpan SyncTimeout = TimeSpan.FromSeconds(2);

    private readonly VmServices _services;
    private readonly string _vm;
    private readonly IChannelOwner _owner;
    private readonly IActorRef _self;
    private readonly ITimerScheduler _timers;
    private readonly PendingCalls _calls = new();
    private AgentLock? _lock;

    public VmChannel(VmServices services, VmSpec spec, IChannelOwner owner, IActorRef self, ITimerScheduler timers)
    {
        (_services, _vm, _owner, _self, _timers) = (services, spec.Id.Name, owner, self, timers);
        State = new Channel { Policy = new(_vm, !spec.Address.IsShared) };
        Agent = services.Agent(spec);
        Agent.Closed += reason => self.Tell(new Notice.Input(new ChannelInput.LinkLost(reason)));
    }

    /// <summary>Lent to the window that has the channel; nobody else calls it meanwhile.</summary>
    public IAgent Agent { get; }

    public Channel State { get; private set; }

    public void Step(ChannelInput input)
    {
        (State, var effects) = ChannelRules.Step(State, input, _services.Time.Moment());
        foreach (var effect in effects) Perform(effect);
        _owner.Stepped(input);
    }

    public void Handle(Notice notice)
    {
        switch (notice)
        {
            case Notice.Input n:
                Step(n.Of);
                break;
            case Notice.Ended n:
                End(n);
                break;
            case Notice.SyncEnded n:
                Step(new ChannelInput.SyncEnded(n.Ticket, Agent.IsOpen, n.Reason));
                break;
            case Notice.OpenAgain:
                Open();
                break;
        }
    }

    /// <returns>By which it can be withdrawn.</returns>
    public long Enqueue(
        AgentRequest request,
        TimeSpan timeout,
        Action<CallEnded> complete,
        Lane lane = Lane.Queue,
        Action<CallCompletion>? shown = null)
    {
        var (ticket, waits) = _calls.Add(new PendingCall(request, timeout, complete, shown));
        if (!waits) return ticket;
        Step(new ChannelInput.Submitted(ticket, _services.Time.Moment() + timeout, lane != Lane.Queue)
        {
            Thaws = lane == Lane.Thaw,
        });
        return ticket;
    }

    /// <summary>Nobody wants the command any more; one in flight goes on.</summary>
    public void Withdraw(long ticket)
    {
        if (InFlight == ticket) return;
        _calls.Remove(ticket);
        Step(new ChannelInput.Withdrawn(ticket));
    }

    /// <summary>Ends the command in flight where nothing but its effect could.</summary>
    /// <param name="shown">What shows that this command was obeyed; null: nothing has.</param>
    public void EndSilent(Func<string, CallCompletion?> shown)
    {
        if (InFlight is not { } ticket
            || _calls.Find(ticket) is not { Shown: { } end } call
            || shown(call.Request.Command) is not { } completion)
            return;
        _calls.Remove(ticket);
        end(completion);
        // The next command begins with a sync of its own.
        Agent.Close();
    }

    /// <summary>Nobody speaks to an agent without its lock: at a restart the watchdog may still be thawing.</summary>
    public bool Lock() => (_lock ??= AgentLock.TryAcquire(_services.Ledger, _vm)) is not null;

    public void Close()
    {
        Agent.Close();
        Unlock();
        _calls.Close();
    }

    private long? InFlight => State.Link is ChannelLink.Busy busy ? busy.Ticket : null;

    private void Unlock()
    {
        _lock?.Dispose();
        _lock = null;
    }

    private void Perform(ChannelEffect effect)
    {
        switch (effect)
        {
            case ChannelEffect.Open:
                Open();
                break;
            case ChannelEffect.Close:
                Agent.Close();
                Unlock();
                break;
            case ChannelEffect.Send e:
                var call = _calls.Find(e.Ticket)!;
                var sent = _services.Time.GetTimestamp();
                Agent.CallAsync(call.Request, call.Timeout).PipeTo(
                    _self,
                    success: outcome =>
                    {
                        _services.Metrics.CommandEnded(_services.Time.GetElapsedTime(sent), outcome);
                        return new Notice.Ended(e.Ticket, outcome);
                    },
                    failure: fault => new Notice.Ended(e.Ticket, new AgentOutcome.Unknown(fault.Message)));
                break;
            case ChannelEffect.Follow e when _calls.Find(e.Ticket) is null:
                // It has just ended, which the channel is told next: nothing is in flight to send a sync behind.
                _self.Tell(new Notice.SyncEnded(e.Ticket, ""));
                break;
            case ChannelEffect.Follow e:
                Agent.ResyncAsync(SyncTimeout).PipeTo(
                    _self,
                    success: sync => new Notice.SyncEnded(e.Ticket, sync.Reason),
                    failure: fault => new Notice.SyncEnded(e.Ticket, fault.Message));
                break;
            case ChannelEffect.Refuse e:
                _calls.Remove(e.Ticket)?.Complete(new CallEnded(
                    new AgentOutcome.NotSent(e.Reason) { Remedy = e.Why is ChannelRefusal.Unreachable ? State.Remedy : null },
                    e.Why));
                break;
            case ChannelEffect.Confirm:
                Agent.ConfirmAsync(SyncTimeout).PipeTo(
                    _self,
                    success: found => new Notice.Input(new ChannelInput.Confirmed(found.IsThere, found.Reason)),
                    failure: fault => new Notice.Input(new ChannelInput.Confirmed(false, fault.Message)));
                break;
            case ChannelEffect.Granted e:
                _owner.Granted(e.Window);
                break;
            case ChannelEffect.NotGranted e:
                _owner.NotGranted(e.Window, e.Reason);
                break;
            case ChannelEffect.WakeAt e:
                var after = e.At - _services.Time.Moment();
                _timers.StartSingleTimer(
                    "wake", new Notice.Input(new ChannelInput.Woken()), after > TimeSpan.Zero ? after : TimeSpan.Zero);
                break;
        }
    }

    private void End(Notice.Ended ended)
    {
        _calls.Remove(ended.Ticket)?.Complete(new CallEnded(ended.Outcome));
        var reason = ended.Outcome switch
        {
            AgentOutcome.Unknown u => u.Reason,
            AgentOutcome.NotSent n => n.Reason,
            _ => null,
        };
        Step(new ChannelInput.Answered(ended.Ticket, Agent.IsOpen, reason));
    }

    private void Open()
    {
        if (!Lock())
        {
            // Another program of ours thaws the guest and lets go within a second; whatever waits has a limit of its own.
            _timers.StartSingleTimer("lock", new Notice.OpenAgain(), Settlement.Pause);
            State = State with { Reason = "qga-watchdog or qgactl thaw --offline is speaking to this guest" };
            return;
        }
        Agent.OpenAsync(SyncTimeout).PipeTo(
            _self,
            success: outcome => new Notice.Input(outcome switch
            {
                OpenOutcome.Ready => new ChannelInput.Opened(),
                OpenOutcome.NoSocket o => new ChannelInput.OpenFailed(o.Reason, o.Remedy),
                OpenOutcome.NoAnswer o => new ChannelInput.OpenFailed(
                    o.Reason, o.Remedy ?? (o.Refusal is null ? null : SyncRefused)),
                _ => new ChannelInput.OpenFailed("the agent does not answer"),
            }),
            failure: fault => new Notice.Input(new ChannelInput.OpenFailed(fault.Message)));
    }
}

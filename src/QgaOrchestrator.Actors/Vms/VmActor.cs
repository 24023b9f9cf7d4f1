using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Fleet;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Cut.Methods;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// One VM's channel: it alone speaks to the guest's agent, one request at a time, and lends the whole channel to a
/// <see cref="WindowActor"/> from a window's reservation to its settlement. Sharded, on the VM's own host; started by that
/// host's <see cref="HostActor"/>, stopped when its sockets are gone. Runs and callers reach it through the region.
/// Its rules are <see cref="ChannelRules"/>; how it lends the channel to windows is in VmActor.Windows.cs; runs' items work in
/// its child <see cref="ItemsActor"/>.
/// </summary>
public sealed partial class VmActor : ReceiveActor, IWithTimers, IWithStash
{
    private sealed record Told(ChannelInput Input) : INoSerializationVerificationNeeded;

    private sealed record Ended(long Ticket, AgentOutcome Outcome) : INoSerializationVerificationNeeded;

    /// <summary>The sync behind a command has ended.</summary>
    private sealed record Followed(long Ticket, string Reason) : INoSerializationVerificationNeeded;

    private sealed record NotPresent : INoSerializationVerificationNeeded;

    private sealed record LookAgain : INoSerializationVerificationNeeded;

    private sealed record OpenAgain : INoSerializationVerificationNeeded;

    private sealed record BeginAnew : INoSerializationVerificationNeeded;

    private sealed record AskAgain : INoSerializationVerificationNeeded;

    /// <param name="Shown">For a command that no reply ends: what shows that it was obeyed.</param>
    private sealed record Pending(AgentRequest Request, TimeSpan Timeout, Action<CallEnded> Complete, Action<Completion>? Shown);

    private sealed record Lent(OpenWindow Order, IActorRef Owner, IActorRef Window, QemuProcess? Qemu);

    /// <summary>Its supervisor restarts the actor, which then asks its host what there is.</summary>
    private sealed class SocketsChangedException(VmId vm) : Exception(
        $"{vm}: the VM's sockets have changed, its channel begins anew");

    /// <summary>How long a message waits for the host to say that this VM is there.</summary>
    private static readonly TimeSpan PresenceWait = TimeSpan.FromSeconds(10);

    /// <summary>After a restart runs ask for their items first: what they go on with is not to be swept.</summary>
    private static readonly TimeSpan SweepAfter = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan SyncTimeout = TimeSpan.FromSeconds(2);

    private const string SyncRefused =
        $"Allow {GuestSyncDelimited.Name} in the guest (qemu-ga --allow-rpcs/--block-rpcs), or update qemu-ga: it has the "
            + $"command since QEMU 1.1";

    /// <summary>A link that is opened anew asks the guest about itself again after this long.</summary>
    private static readonly TimeSpan InventoryAge = TimeSpan.FromMinutes(5);

    /// <summary>The same of one that did not answer all of it.</summary>
    private static readonly TimeSpan InventoryRetry = TimeSpan.FromSeconds(30);

    /// <summary>A guest that somebody else froze is asked this often whether it still is.</summary>
    private static readonly TimeSpan FrozenAge = TimeSpan.FromSeconds(5);

    private const string WindowName = "window-", MonitorName = "monitor", ItemsName = "items";

    private static readonly CallEnded Closed = new(new AgentOutcome.Unknown("the VM's channel was closed"));

    private readonly VmServices _services;
    private readonly RestartPauses _pauses;
    private readonly string _name;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<long, Pending> _calls = [];
    private VmSpec _spec = null!;
    private IAgent _agent = null!;
    private IMachine? _qemu;
    private AgentLock? _lock;
    private Channel _channel = null!;
    private IActorRef _items = null!;
    private GuestView _guest = new();
    private MonitorView _machine = new(false, "this VM has no monitor's socket");

    /// <summary>Who else has the agent's socket, looked for once each time that the channel is found busy.</summary>
    private string? _holder;
    private bool _busy;
    private (OpenWindow Order, IActorRef Owner)? _wanted;
    private Lent? _lent;
    private FrozenView? _frozen;
    private readonly RawCallers _callers = new();
    private string? _run;
    private VmStatus? _published;
    private readonly List<IActorRef> _thawCallers = [];
    private readonly List<IActorRef> _describers = [];
    private bool _seen;
    private bool _asking;
    private Moment? _asked;
    private bool _leaving;
    private bool _closed;
    private bool _slowFreeze;
    private Moment? _begun;
    private string? _settled;
    private long _ticket;

    public VmActor(Func<VmServices> services, RestartPauses pauses)
    {
        (_services, _pauses, _name) = (services(), pauses, Self.Path.Name);
        Unplaced();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public IStash Stash { get; set; } = null!;

    public static Props Props(Func<VmServices> services, RestartPauses pauses) =>
        ActorProps.Of(() => new VmActor(services, pauses));

    /// <summary>A window that fails is not begun again, which would freeze again: its ledger's entry is adopted.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new WindowsEnd();

    /// <summary>
    /// A fault of ours must not become a loop of faults: the successor asks its host only after a pause. A window that waits to
    /// be thawed does not: its host tells of it by itself, and that is heard at once.
    /// </summary>
    protected override void PostRestart(Exception reason)
    {
        if (reason is SocketsChangedException) AskHost();
        else Timers.StartSingleTimer("anew", new BeginAnew(), _pauses.Failed(_name));
    }

    protected override void PreStart() => AskHost();

    protected override void PostStop()
    {
        _agent?.Close();
        _qemu?.Close();
        Unlock();
        _closed = true;
        foreach (var call in _calls.Values) call.Complete(Closed);
        foreach (var caller in _thawCallers) caller.Tell(RawCall.Reply(GuestFsfreezeThaw.Name, Closed));
        if (_spec is not null) _services.Fleet.Tell(new VmLeft(_spec.Id));
    }

    // ---- behaviours, in the order of life

    private void Unplaced()
    {
        Receive<BeginAnew>(_ => AskHost());
        Receive<VmPresent>(Attach);
        Receive<NotPresent>(_ =>
        {
            Become(Missing);
            Stash.UnstashAll();
        });
        Receive<VmGone>(_ => Context.Stop(Self));
        ReceiveAny(_ => Stash.Stash());
    }

    private void AskHost()
    {
        Timers.StartSingleTimer("present", new NotPresent(), PresenceWait);
        _services.Host.Tell(new FindVm(_name[(_name.IndexOf('~', StringComparison.Ordinal) + 1)..]));
    }

    /// <summary>A VM that its host has not seen: whoever asks is told by the directory, until it appears.</summary>
    private void Missing()
    {
        Receive<VmPresent>(Attach);
        Receive<IVmMessage>(m => _services.Fleet.Forward(new NoChannel(m)));
        ReceiveAny(_ => { });
    }

    private void Serving()
    {
        Receive<VmPresent>(Meet);
        Receive<EntryFound>(m => Adopt(m.Entry));
        Receive<LookAgain>(_ => _services.Host.Tell(new FindEntry(_spec.Id.Name)));
        Receive<VmGone>(_ => Leave());

        Receive<Told>(m => Handle(m.Input));
        Receive<Ended>(End);
        Receive<Followed>(m => Handle(new ChannelInput.SyncEnded(m.Ticket, _agent.IsOpen, m.Reason)));
        Receive<Submit>(Take);
        Receive<CallAgent>(m => RawCall.Take(m, this, _callers.Add(m, Sender, RawCall.LimitsOf(m, this).Clamped)));
        Receive<HangUp>(m => HangUp(m.Call));
        Receive<CallOver>(m => _callers.Forget(m.Call));
        Receive<RawCall.Looked>(Looked);
        Receive<WakeVm>(_ => Wake(Sender));
        Receive<MachineTold>(Hear);
        Receive<GuestView>(Know);
        Receive<AskAgain>(_ => AskGuest());
        Receive<OpenAgain>(_ => Open());
        Receive<MonitorView>(See);
        Receive<HolderSeen>(m =>
        {
            _holder = m.Name;
            Publish();
        });
        Receive<GuestReset>(_ =>
        {
            _begun = _services.Time.Moment();
            _lent?.Window.Tell(new ThawWindow("the guest was reset inside the window"));
        });

        Receive<OpenWindow>(Want);
        Receive<SteerWindow>(Steer);
        Receive<WithdrawWindow>(m => Withdraw(m.Window));
        Receive<WindowFreezing>(m => Show(new FrozenView(m.Since, Certain: false)));
        Receive<WindowFrozen>(m => Show(new FrozenView(m.Since, Certain: true)));
        Receive<WindowUnsettled>(_ => Handle(new ChannelInput.Quarantine(true)));
        Receive<WindowClosed>(TakeBack);
        Receive<Terminated>(_ => Lost());

        Receive<DescribeVm>(_ => Describe(Sender));
        Receive<WorksFor>(Work);
        Receive<StartItem>(m => _items.Forward(m));
        Receive<ItemJournalled>(m => _items.Forward(m));
        Receive<AbortItem>(m => _items.Forward(m));
        Receive<OrderMember>(m => _items.Forward(m));
        Receive<ItemsActor.Sweep>(m => _items.Forward(m));
    }

    // ---- the VM itself

    private void Attach(VmPresent present)
    {
        _spec = present.Spec;
        var holds = _spec.Hold == SocketHold.Exclusive;
        _agent = _services.Agent(_spec);
        _qemu = _services.Machine(_spec);
        var self = Self;
        _agent.Closed += reason => self.Tell(new Told(new ChannelInput.LinkLost(reason)));
        _channel = new Channel { Policy = new(_spec.Id.Name, holds) };
        if (_qemu is { } machine)
            Context.ActorOf(ActorProps.Of(() => new MonitorKeeper(machine, _spec.Id.Name, holds, _pauses)), MonitorName);
        foreach (var owed in CutMethods.All.Select(method => method.Owed(_services.Cuts, _spec.Id.Entity)).OfType<string>())
            _log.Warning("{0}: {1}", _spec.Id.Name, owed);
        _items = Context.ActorOf(ActorProps.Of(() => new ItemsActor(_services, _spec, _qemu)), ItemsName);
        Timers.Cancel("present");
        Timers.Cancel("anew");
        Become(Serving);
        Adopt(present.Entry);
        Handle(new ChannelInput.Woken());
        if (!holds) AskGuest();
        Stash.UnstashAll();
    }

    /// <summary>QEMU makes its sockets one after the other: a VM that was seen without its monitor begins anew with it.</summary>
    private void Meet(VmPresent present)
    {
        _leaving = false;
        if (present.Spec != _spec && _lent is null) throw new SocketsChangedException(_spec.Id);
        Adopt(present.Entry);
    }

    /// <summary>A window that an earlier process left open is thawed before anybody else gets the channel.</summary>
    private void Adopt(LedgerEntry? entry)
    {
        if (_lent is { } lent)
        {
            // Whoever was let in before the watchdog let go is refused its freeze, and soon gone.
            if (entry is { Phase: not LedgerPhase.Thawed } && entry.Window != lent.Order.Order.Id)
                Timers.StartSingleTimer("adopt", new LookAgain(), Settlement.Pause);
            return;
        }
        if (entry is null or { Phase: LedgerPhase.Thawed } || entry.Window == _settled)
        {
            // A window that failed before its entry was written, or after it was thawed: nobody else gives the channel back.
            _frozen = null;
            if (_channel is { Reserved: true, ReservedFor: { } lost }) Handle(new ChannelInput.Release(lost, _agent.IsOpen));
            AnswerThawCallers(0);
            return;
        }
        if (!Lock())
        {
            // The watchdog is at it, or qgactl. It lets go within a second of thawed.
            _services.Host.Tell(new ThawBegun(entry.Window));
            Timers.StartSingleTimer("adopt", new LookAgain(), Settlement.Pause);
            return;
        }
        _log.Warning(
            "{0}: the ledger holds the open window {1} of run {2}: thawing the guest", _spec.Id.Name, entry.Window, entry.Run);
        _frozen = FrozenView.Of(entry);
        Handle(new ChannelInput.Adopted(entry.Window));
        var order = new WindowOrder(entry.Window, _services.Limits.Timeout, _services.Limits.Lease, WindowMode.Alone);
        Lend(new OpenWindow(order, new ItemId(entry.Run, entry.Item, entry.Attempt), null), Self, entry);
    }

    /// <summary>Who asks right after a start waits for the first look at the monitor: its item may have to go on.</summary>
    private void Describe(IActorRef asker)
    {
        if (_qemu is not null && !_seen) _describers.Add(asker);
        else asker.Tell(
            new VmDescribed(_machine, _guest, _slowFreeze, _begun is { } begun ? _services.Time.Moment() - begun : null));
    }

    private void See(MonitorView view)
    {
        _seen = true;
        if (view.Up && !_machine.Up) Timers.StartSingleTimer("sweep", new ItemsActor.Sweep(), SweepAfter);
        if (view.PortOpen == true && _machine.PortOpen == false) _begun = _services.Time.Moment();
        var (before, wasOpen) = (_machine.Process, _machine.PortOpen == true);
        var ended = before is not null && !view.Up && !_services.IsAlive(before);
        // What was known of the machine outlives a lost monitor, but not its process.
        _machine = view.Up || ended ? view : _machine with { Up = false, Reason = view.Reason };
        if (ended) Depart(_ => Completion.Port);
        else if (view.PortOpen == false && wasOpen)
            Depart(command => Departure.IsShownByThePort(command) ? Completion.Port : null);
        if (ended && _lent is { } lent && lent.Qemu == before) lent.Window.Tell(new WindowActor.QemuEnded());
        foreach (var asker in _describers) Describe(asker);
        _describers.Clear();
        if (view.PortOpen is { } open) Handle(new ChannelInput.PortChanged(open));
        Publish();
    }

    private void Know(GuestView guest)
    {
        if (guest.FoundFrozen && !_guest.FoundFrozen && _lent is null)
            _log.Warning("{0}: found frozen by somebody else; qgactl thaw {0} --force thaws it", _spec.Id.Name);
        _guest = guest;
        _asking = false;
        if (guest.FoundFrozen) Timers.StartSingleTimer("guest", new AskAgain(), FrozenAge);
        Publish();
    }

    // ---- the channel

    internal VmSpec Spec => _spec;

    internal VmServices Services => _services;

    internal GuestView Guest => _guest;

    /// <summary>What to do about an agent that told why it does not take part; null: nothing is known to be.</summary>
    internal string? Remedy => _channel.Remedy;

    internal MonitorView Machine => _machine;

    /// <summary>A window has the channel: its guest may be frozen by us.</summary>
    internal bool HasOpenWindow => _lent is not null;

    /// <summary>The window that has the channel, or is about to.</summary>
    internal string? Window => _lent?.Order.Order.Id ?? _wanted?.Order.Order.Id;

    /// <returns>By which it can be withdrawn.</returns>
    internal long Enqueue(
        AgentRequest request,
        TimeSpan timeout,
        Action<CallEnded> complete,
        Lane lane = Lane.Queue,
        Action<Completion>? shown = null
    )
    {
        var ticket = ++_ticket;
        if (_closed)
        {
            complete(Closed);
            return ticket;
        }
        _calls[ticket] = new Pending(request, timeout, complete, shown);
        Handle(
            new ChannelInput.Submitted(ticket, _services.Time.Moment() + timeout, lane != Lane.Queue)
            {
                Thaws = lane == Lane.Thaw,
            }
        );
        return ticket;
    }

    /// <summary>A command of ours: the host's policy holds for runs as for callers.</summary>
    private void Take(Submit order)
    {
        if (_spec.NoAgent is { } trouble)
            Sender.Tell(new CallEnded(new AgentOutcome.NotSent(trouble.Reason)));
        else if (_services.Denied.Contains(order.Request.Command))
            Sender.Tell(new CallEnded(new AgentOutcome.NotSent($"this host's policy denies {order.Request.Command}")));
        else
            Enqueue(order.Request, order.Timeout, Sender.Tell);
    }

    private void Handle(ChannelInput input)
    {
        (_channel, var effects) = ChannelRules.Step(_channel, input, _services.Time.Moment());
        foreach (var effect in effects) Act(effect);
        if (input is ChannelInput.Opened && IsOlder(_guest.At, InventoryAge) && IsOlder(_asked, InventoryRetry)) AskGuest();
        Publish();
    }

    private void AskGuest()
    {
        if (_asking) return;
        _asking = true;
        _asked = _services.Time.Moment();
        var known = _guest;
        GuestView.AskAsync(Self, known, _services.Time).PipeTo(Self, failure: _ => known);
    }

    private bool IsOlder(Moment? at, TimeSpan age) => at is not { } then || _services.Time.Moment() - then > age;

    private void Act(ChannelEffect effect)
    {
        switch (effect)
        {
            case ChannelEffect.Open:
                Open();
                break;
            case ChannelEffect.Close:
                _agent.Close();
                Unlock();
                break;
            case ChannelEffect.Send e:
                var call = _calls[e.Ticket];
                _agent.CallAsync(call.Request, call.Timeout).PipeTo(Self,
                    success: outcome => new Ended(e.Ticket, outcome),
                    failure: fault => new Ended(e.Ticket, new AgentOutcome.Unknown(fault.Message)));
                break;
            case ChannelEffect.Follow e when !_calls.ContainsKey(e.Ticket):
                // It has just ended, which the channel is told next: nothing is in flight to send a sync behind.
                Self.Tell(new Followed(e.Ticket, ""));
                break;
            case ChannelEffect.Follow e:
                _agent.ResyncAsync(SyncTimeout).PipeTo(Self,
                    success: sync => new Followed(e.Ticket, sync.Reason),
                    failure: fault => new Followed(e.Ticket, fault.Message));
                break;
            case ChannelEffect.Refuse e:
                if (_calls.Remove(e.Ticket, out var refused))
                    refused.Complete(new CallEnded(new AgentOutcome.NotSent(e.Reason), e.Why));
                break;
            case ChannelEffect.Confirm:
                ConfirmAsync(++_ticket).PipeTo(Self,
                    success: confirmed => new Told(confirmed),
                    failure: fault => new Told(new ChannelInput.Confirmed(false, fault.Message)));
                break;
            case ChannelEffect.Granted when _wanted is { } wanted:
                _wanted = null;
                Lend(wanted.Order, wanted.Owner, adopted: null);
                break;
            case ChannelEffect.NotGranted e when _wanted is { } wanted && wanted.Order.Order.Id == e.Window:
                _wanted = null;
                wanted.Owner.Tell(new WindowRefused(e.Window, e.Reason));
                AnswerThawCallers(0);
                break;
            case ChannelEffect.WakeAt e:
                var after = e.At - _services.Time.Moment();
                Timers.StartSingleTimer(
                    "wake", new Told(new ChannelInput.Woken()), after > TimeSpan.Zero ? after : TimeSpan.Zero);
                break;
        }
    }

    private void End(Ended ended)
    {
        if (_calls.Remove(ended.Ticket, out var call)) call.Complete(new CallEnded(ended.Outcome));
        var reason = ended.Outcome switch
        {
            AgentOutcome.Unknown u => u.Reason,
            AgentOutcome.NotSent n => n.Reason,
            _ => null,
        };
        Handle(new ChannelInput.Answered(ended.Ticket, _agent.IsOpen, reason));
    }

    /// <summary>Nobody speaks to an agent without its lock: at a restart the watchdog may still be thawing.</summary>
    private void Open()
    {
        if (!Lock())
        {
            // It is thawed by somebody of ours, who lets go within a second; who waits has a limit of its own.
            Timers.StartSingleTimer("lock", new OpenAgain(), Settlement.Pause);
            _channel = _channel with { Reason = "qga-watchdog or qgactl thaw --offline is speaking to this guest" };
            return;
        }
        _agent.OpenAsync(SyncTimeout).PipeTo(Self,
            success: outcome => new Told(outcome switch
            {
                OpenOutcome.Ready => new ChannelInput.Opened(),
                OpenOutcome.NoSocket o => new ChannelInput.OpenFailed(o.Reason),
                OpenOutcome.NoAnswer o => new ChannelInput.OpenFailed(o.Reason, o.Refusal is null ? null : SyncRefused),
                _ => new ChannelInput.OpenFailed("the agent does not answer"),
            }),
            failure: fault => new Told(new ChannelInput.OpenFailed(fault.Message)));
    }

    /// <summary>A sync of its own, though the link is in sync: the agent is there now, not some time ago.</summary>
    private async Task<ChannelInput> ConfirmAsync(long id) =>
        await _agent.CallAsync(GuestSyncDelimited.Request(id), SyncTimeout) switch
        {
            AgentOutcome.Returned r =>
                new ChannelInput.Confirmed(GuestSyncDelimited.Read(r.Json) == id, "the agent answered another sync"),
            AgentOutcome.Refused r => new ChannelInput.Confirmed(false, r.Error.Description),
            AgentOutcome.NotSent n => new ChannelInput.Confirmed(false, n.Reason),
            AgentOutcome.Unknown u => new ChannelInput.Confirmed(false, u.Reason),
            var other => throw new InvalidOperationException($"unexpected outcome {other}"),
        };

    private bool Lock() => (_lock ??= AgentLock.TryAcquire(_services.Ledger, _spec.Id.Name)) is not null;

    private void Unlock()
    {
        _lock?.Dispose();
        _lock = null;
    }

    // ---- what others see

    private void Work(WorksFor item)
    {
        _run = item.Run;
        Publish();
    }

    private void Publish()
    {
        var status = VmView.Of(_spec, _channel, _guest, _machine, _lent?.Order, _frozen, _run, _holder);
        LookForHolder(status.Agent == AgentState.Busy);
        if (status == _published) return;
        _services.Fleet.Tell(new VmSeen(_published = status));
    }

    private void LookForHolder(bool busy)
    {
        if (busy == _busy) return;
        (_busy, _holder) = (busy, null);
        if (busy)
            SocketHolder.FindAsync(_spec.Agent).PipeTo(
                Self, success: name => new HolderSeen(name), failure: _ => new HolderSeen(null));
    }

    private sealed record HolderSeen(string? Name) : INoSerializationVerificationNeeded;
}

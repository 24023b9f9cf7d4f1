using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// How a VM's channel is lent to a window: wanted, lent, adopted from an earlier process, taken back. Belongs to the
/// <see cref="VmActor"/>.
/// </summary>
internal sealed class WindowLending(
    VmServices services, ServedVm vm, IActorContext context, ITimerScheduler timers, ILoggingAdapter log)
{
    /// <summary>The ledger's entry is to be looked at again.</summary>
    public sealed record LookAgain : INoSerializationVerificationNeeded;

    private sealed record Wanted(OpenWindow Order, IActorRef Owner);

    private sealed record Lent(OpenWindow Order, IActorRef Owner, IActorRef Window, QemuProcess? Qemu);

    /// <summary>A group lets a guest whose last freeze took longer go first.</summary>
    private static readonly TimeSpan SlowFreezeFrom = TimeSpan.FromSeconds(1);

    /// <summary>The directory is on this node and answers from memory.</summary>
    private static readonly TimeSpan DirectoryAnswers = TimeSpan.FromMilliseconds(500);

    private readonly IActorRef _self = context.Self;
    private readonly List<IActorRef> _thawCallers = [];
    private Wanted? _wanted;
    private Lent? _lent;
    private OpenWindow? _left;
    private string? _settled;
    private int _opened;

    /// <summary>The open window's QEMU has ended, and the directory is asked whether the guest is elsewhere.</summary>
    private bool _ended;

    /// <summary>A window has the channel: its guest may be frozen by us.</summary>
    public bool IsOpen => _lent is not null;

    /// <summary>The window that has the channel, or is about to.</summary>
    public string? Id => _lent?.Order.Order.Id ?? _wanted?.Order.Order.Id;

    /// <summary>What the open window is to do, or that in which the guest left for another host: its freeze is ours until it
    /// is seen thawed there.</summary>
    public OpenWindow? Order => _lent?.Order ?? _left;

    public FrozenView? Frozen { get; private set; }

    /// <summary>The guest's last freeze took long.</summary>
    public bool SlowFreeze { get; private set; }

    public void Want(OpenWindow order, IActorRef owner)
    {
        if (Id is { } other)
        {
            owner.Tell(new WindowRefused(order.Order.Id, $"the window {other} is open on this guest"));
            return;
        }
        _wanted = new(order, owner);
        vm.Channel.Step(new ChannelInput.Reserve(order.Order.Id));
    }

    public void Granted()
    {
        if (_wanted is not { } wanted) return;
        _wanted = null;
        Lend(wanted.Order, wanted.Owner, adopted: null);
    }

    public void NotGranted(string window, string reason)
    {
        if (_wanted is not { } wanted || wanted.Order.Order.Id != window) return;
        _wanted = null;
        wanted.Owner.Tell(new WindowRefused(window, reason));
        AnswerThawCallers(0);
    }

    public void Steer(SteerWindow order)
    {
        if (_lent is { } lent && lent.Order.Order.Id == order.Window) lent.Window.Tell(order.Input);
    }

    /// <summary>The window's caller has hung up: a freeze that is not sent yet never is.</summary>
    public void Withdraw(string window)
    {
        if (_lent is { } lent && lent.Order.Order.Id == window) lent.Window.Tell(new WindowInput.CallerLeft());
        if (_wanted is not { } wanted || wanted.Order.Order.Id != window) return;
        _wanted = null;
        wanted.Owner.Tell(new WindowRefused(window, "its caller has hung up"));
        vm.Channel.Step(new ChannelInput.Unreserve(window));
    }

    /// <summary>A caller's thaw of the open window: answered when the guest is thawed.</summary>
    public void Thaw(IActorRef caller)
    {
        _thawCallers.Add(caller);
        Break("a caller thawed the guest");
    }

    /// <summary>A caller's question whether the guest is frozen: only the window knows.</summary>
    public void AskStatus(IActorRef caller) => _lent?.Window.Tell(new WindowActor.TellStatus(), caller);

    /// <summary>Thaws the guest of the open window now.</summary>
    public void Break(string reason) => _lent?.Window.Tell(new ThawWindow(reason));

    /// <param name="process">The one that has ended.</param>
    /// <param name="known">What was known of it.</param>
    public void QemuEnded(QemuProcess process, MonitorView known)
    {
        if (_lent is not { } lent || lent.Qemu != process) return;
        // In its last part of a migration it may have ended before anybody saw that complete.
        if (known.RunState == QemuStates.Left) GuestLeft();
        else if (known.Uuid is null) lent.Window.Tell(new WindowActor.QemuEnded());
        else
        {
            _ended = true;
            services.Fleet.Tell(new FindMove(vm.Spec.Id, known.Uuid), _self);
            timers.StartSingleTimer("moved", new MoveTold(FreezeWord.Unknown, HasCopy: false, null), DirectoryAnswers);
        }
    }

    /// <summary>The guest has left this QEMU by migration.</summary>
    public void GuestLeft() => _lent?.Window.Tell(new WindowInput.GuestLeft());

    /// <summary>The guest that had left is here again and thawed, or another QEMU is here now.</summary>
    public void ForgetLeft()
    {
        if (_left is null) return;
        (_left, Frozen) = (null, null);
    }

    /// <summary>The directory has answered, or has not in time, whether the guest of a QEMU that has ended is
    /// elsewhere.</summary>
    /// <returns>It is.</returns>
    public bool Learn(MoveTold told)
    {
        if (!_ended) return false;
        _ended = false;
        timers.Cancel("moved");
        _lent?.Window.Tell(told.HasCopy ? new WindowInput.GuestLeft() : new WindowActor.QemuEnded());
        return told.HasCopy;
    }

    /// <summary>A guest that came in by migration is frozen by nobody here: it is thawed like one that an earlier process
    /// left, by an entry of its own, which the watchdog thaws if this node ends.</summary>
    /// <returns>False: a window is open, and thaws it.</returns>
    public bool ThawArrived(string reason)
    {
        if (_lent is not null) return false;
        var order = new WindowOrder(
            $"moved-{Guid.NewGuid():n}", services.Limits.Timeout, services.Limits.Lease, WindowMode.Alone);
        var entry = Entry(order, new ItemId("", 0, 0));
        entry = entry with { Phase = LedgerPhase.Frozen, Facts = new WindowFacts { Broken = reason } };
        services.Host.Tell(new MoveEntry(entry));
        Adopt(entry);
        return true;
    }

    public void Show(FrozenView frozen) => Frozen = frozen;

    /// <summary>A window that an earlier process left open is thawed before anybody else gets the channel.</summary>
    public void Adopt(LedgerEntry? entry)
    {
        if (_lent is { } lent)
        {
            // A window that opened before the watchdog let go is refused its freeze, and ends soon.
            if (entry is { Phase: not LedgerPhase.Thawed } && entry.Window != lent.Order.Order.Id) AskAgain();
            return;
        }
        if (entry is null or { Phase: LedgerPhase.Thawed } || entry.Window == _settled)
        {
            // A window that failed before its entry was written, or after it was thawed: nobody else gives the channel back.
            Frozen = null;
            if (vm.Channel.State is { Reserved: true, ReservedFor: { } lost })
                vm.Channel.Step(new ChannelInput.Release(lost, vm.Channel.Agent.IsOpen));
            AnswerThawCallers(0);
            return;
        }
        if (!vm.Channel.Lock())
        {
            // The watchdog is at it, or qgactl. It lets go within a second of thawed.
            services.Host.Tell(new ThawBegun(entry.Window));
            AskAgain();
            return;
        }
        log.Warning(
            "{0}: the ledger holds the open window {1} of run {2}: thawing the guest", vm.Spec.Id.Name, entry.Window, entry.Run);
        Frozen = FrozenView.Of(entry);
        vm.Channel.Step(new ChannelInput.Adopted(entry.Window));
        var order = new WindowOrder(entry.Window, services.Limits.Timeout, services.Limits.Lease, WindowMode.Alone);
        Lend(new OpenWindow(order, new ItemId(entry.Run, entry.Item, entry.Attempt), null), _self, entry);
    }

    /// <returns>An adopted window of a run is closed: what its attempt left in QEMU can go.</returns>
    public bool TakeBack(WindowClosed closed)
    {
        if (_lent is not { } lent || lent.Order.Order.Id != closed.Window) return false;
        (_left, _lent) = (closed.Record is { Moved: true, FreezeSent: not null } ? lent.Order : null, null);
        Frozen = _left is null || Frozen is not { } frozenHere ? null : frozenHere with { Certain = false };
        _settled = closed.Window;
        if (closed.Record is { FreezeSent: { } sent, FrozenAt: { } frozen }) SlowFreeze = frozen - sent > SlowFreezeFrom;
        var (adopted, byHand) = (lent.Owner.Equals(_self), lent.Order.Item.Run.Length == 0);
        // No run asks for the entry of a caller's own freeze that an earlier process left.
        if (adopted && byHand) services.Host.Tell(new RemoveEntry(closed.Window));
        services.Metrics.WindowClosed(closed.Record, adopted, _thawCallers.Count > 0);
        AnswerThawCallers(closed.Record.Thawed ?? 0);
        context.Unwatch(lent.Window);
        context.Stop(lent.Window);
        vm.Channel.Step(new ChannelInput.Quarantine(false));
        vm.Channel.Step(new ChannelInput.Release(closed.Window, vm.Channel.Agent.IsOpen));
        return adopted && !byHand;
    }

    /// <summary>A window that ended without settling is a fault of ours: its ledger's entry is adopted like a crash's.</summary>
    public void Lost()
    {
        if (_lent is not { } lent) return;
        _lent = null;
        lent.Owner.Tell(new WindowUnsettled(lent.Order.Order.Id, "the window's actor failed"));
        services.Host.Tell(new FindEntry(vm.Spec.Id.Name));
    }

    /// <summary>The actor ends; callers of a thaw do not know what became of it.</summary>
    public void Close()
    {
        foreach (var caller in _thawCallers) caller.Tell(CallReplies.Of("guest-fsfreeze-thaw", PendingCalls.Closed));
    }

    private void Lend(OpenWindow order, IActorRef owner, LedgerEntry? adopted)
    {
        var entry = adopted ?? Entry(order.Order, order.Item);
        var agent = vm.Channel.Agent;
        var window = context.ActorOf(
            ActorProps.Of(() => new WindowActor(order, entry, adopted != null, agent, services.Host, owner, services.Time)),
            $"{VmSupervision.Window}{++_opened}");
        context.Watch(window);
        _lent = new Lent(order, owner, window, entry.Qemu);
        (_left, _ended) = (null, false);
    }

    private LedgerEntry Entry(WindowOrder order, ItemId item)
    {
        var (now, machine) = (services.Time.GetUtcNow(), vm.Machine.View);
        return new LedgerEntry(
            vm.Spec.Id.Name, machine.Uuid, "", SocketHold.Exclusive, machine.Up ? machine.Process : null, services.BootId,
            item.Run, item.Item, item.Attempt, order.Id, LedgerPhase.Opening, now, now + order.FreezeTimeout + order.Lease,
            new WindowFacts()).At(vm.Spec.Address);
    }

    private void AskAgain() => timers.StartSingleTimer("adopt", new LookAgain(), Settlement.Pause);

    private void AnswerThawCallers(long thawed)
    {
        foreach (var caller in _thawCallers)
            caller.Tell(new CallReply.Returned(JsonSerializer.SerializeToUtf8Bytes(thawed)));
        _thawCallers.Clear();
    }
}

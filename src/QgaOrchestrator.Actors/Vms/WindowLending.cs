using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Hosts;
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

    private readonly IActorRef _self = context.Self;
    private readonly List<IActorRef> _thawCallers = [];
    private Wanted? _wanted;
    private Lent? _lent;
    private string? _settled;
    private int _opened;

    /// <summary>A window has the channel: its guest may be frozen by us.</summary>
    public bool IsOpen => _lent is not null;

    /// <summary>The window that has the channel, or is about to.</summary>
    public string? Id => _lent?.Order.Order.Id ?? _wanted?.Order.Order.Id;

    /// <summary>What the open window is to do.</summary>
    public OpenWindow? Order => _lent?.Order;

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

    public void QemuEnded(QemuProcess process)
    {
        if (_lent is { } lent && lent.Qemu == process) lent.Window.Tell(new WindowActor.QemuEnded());
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
        _lent = null;
        Frozen = null;
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

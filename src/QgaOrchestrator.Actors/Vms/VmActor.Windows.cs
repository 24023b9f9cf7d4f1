using System.Text.Json;
using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Vms;

// How the channel is lent to a window, and comes back.
public sealed partial class VmActor
{
    /// <summary>A group lets a guest whose last freeze took longer go first.</summary>
    private static readonly TimeSpan SlowFreeze = TimeSpan.FromSeconds(1);

    private void Want(OpenWindow order)
    {
        if (Window is { } other)
        {
            Sender.Tell(new WindowRefused(order.Order.Id, $"the window {other} is open on this guest"));
            return;
        }
        _wanted = (order, Sender);
        Handle(new ChannelInput.Reserve(order.Order.Id));
    }

    private void Steer(SteerWindow order)
    {
        if (_lent is { } lent && lent.Order.Order.Id == order.Window) lent.Window.Tell(order.Input);
    }

    /// <summary>A caller's own freeze.</summary>
    internal void OpenRawWindow(WindowOrder order, CallAgent call, CallClamp? clamped, RawCaller caller)
    {
        var open = new OpenWindow(order, new ItemId("", 0, 0), null) { Freeze = new AgentRequest(call.Command, call.Arguments) };
        var actor = caller.Actor;
        caller.Window = Context.ActorOf(ActorProps.Of(() => new RawWindow(open, _services.Host, actor, call.Call, clamped)));
    }

    /// <summary>Its caller has hung up: nothing that is not sent yet is.</summary>
    private void Withdraw(string window)
    {
        if (_lent is { } lent && lent.Order.Order.Id == window) lent.Window.Tell(new WindowInput.CallerLeft());
        if (_wanted is not { } wanted || wanted.Order.Order.Id != window) return;
        _wanted = null;
        wanted.Owner.Tell(new WindowRefused(window, "its caller has hung up"));
        Handle(new ChannelInput.Unreserve(window));
    }

    /// <summary>A caller's thaw of whatever window is open: answered when the guest is thawed.</summary>
    internal void ThawOpenWindow(IActorRef caller)
    {
        _thawCallers.Add(caller);
        _lent?.Window.Tell(new ThawWindow("a caller thawed the guest"));
    }

    /// <summary>A caller's question whether the guest is frozen: only its window knows from which answer to which thaw.</summary>
    internal void AskOpenWindow(IActorRef caller) => _lent?.Window.Tell(new WindowActor.TellStatus(), caller);

    /// <summary>The ledger's entry of a window on this VM.</summary>
    private LedgerEntry Entry(WindowOrder order, ItemId item)
    {
        var now = _services.Time.GetUtcNow();
        return new LedgerEntry(
            _spec.Id.Name, _machine.Uuid, _spec.Agent, _spec.Hold, _machine.Up
                ? _machine.Process
                : null, _services.BootId, item.Run, item.Item, item.Attempt,
            order.Id, LedgerPhase.Opening, now, now + order.FreezeTimeout + order.Lease, new WindowFacts());
    }

    private void Lend(OpenWindow order, IActorRef owner, LedgerEntry? adopted)
    {
        var entry = adopted ?? Entry(order.Order, order.Item);
        var window = Context.ActorOf(
            ActorProps.Of(() => new WindowActor(order, entry, adopted != null, _agent, _services.Host, owner, _services.Time)),
            $"{WindowName}{++_ticket}"
        );
        Context.Watch(window);
        _lent = new Lent(order, owner, window, entry.Qemu);
    }

    private void Show(FrozenView frozen)
    {
        _frozen = frozen;
        Publish();
    }

    private void TakeBack(WindowClosed closed)
    {
        if (_lent is not { } lent || lent.Order.Order.Id != closed.Window) return;
        _lent = null;
        _frozen = null;
        _settled = closed.Window;
        if (closed.Record is { FreezeSent: { } sent, FrozenAt: { } frozen }) _slowFreeze = frozen - sent > SlowFreeze;
        // An earlier process left it: a caller's own freeze, or one whose run may have settled it already.
        if (lent.Owner.Equals(Self) && lent.Order.Item.Run.Length == 0) _services.Host.Tell(new RemoveEntry(closed.Window));
        else if (lent.Owner.Equals(Self)) _items.Tell(new ItemsActor.Sweep());
        AnswerThawCallers(closed.Record.Thawed ?? 0);
        Context.Unwatch(lent.Window);
        Context.Stop(lent.Window);
        Handle(new ChannelInput.Quarantine(false));
        Handle(new ChannelInput.Release(closed.Window, _agent.IsOpen));
        if (_leaving) Context.Stop(Self);
    }

    /// <summary>A window that ended without settling is a fault of ours: its ledger's entry is adopted like a crash's.</summary>
    private void Lost()
    {
        if (_lent is not { } lent) return;
        _lent = null;
        lent.Owner.Tell(new WindowUnsettled(lent.Order.Order.Id, "the window's actor failed"));
        _services.Host.Tell(new FindEntry(_spec.Id.Name));
    }

    /// <summary>The sockets' names are gone. An open window's links may still be whole: they are what thaws the guest.</summary>
    private void Leave()
    {
        if (_lent is not { } lent)
        {
            Context.Stop(Self);
            return;
        }
        _leaving = true;
        lent.Window.Tell(new ThawWindow("the VM's sockets vanished inside the window"));
    }

    /// <summary>What begins a freeze never begins anew: a window, and who asked for one. The others remember nothing that
    /// counts.</summary>
    private sealed class WindowsEnd : OneForOneStrategy
    {
        protected override Directive Handle(IActorRef child, Exception exception) =>
            child.Path.Name is MonitorName or ItemsName ? base.Handle(child, exception) : Directive.Stop;
    }

    /// <summary>Whoever asked for a thaw while a window was open or wanted: the guest is thawed now.</summary>
    private void AnswerThawCallers(long thawed)
    {
        foreach (var caller in _thawCallers)
            caller.Tell(new CallReply.Returned(JsonSerializer.SerializeToUtf8Bytes(thawed)));
        _thawCallers.Clear();
    }
}

using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// One VM: whether it is there, and who on this host is told what comes for it. While it is there, its parts are a
/// <see cref="ServedVm"/>: the channel, what is known of guest and machine, the lending to windows, callers' commands. Sharded,
/// on the VM's own host; started by that host's <see cref="HostActor"/>, stopped when its sockets are gone. Runs and callers
/// reach it through the region; runs' items work in a child of its own.
/// </summary>
public sealed class VmActor : UntypedActor, IWithTimers, IWithStash
{
    private sealed record NotPresent : INoSerializationVerificationNeeded;

    private sealed record BeginAgain : INoSerializationVerificationNeeded;

    private sealed record LeaveNow : INoSerializationVerificationNeeded;

    /// <summary>Its supervisor restarts the actor, which then asks its host what there is.</summary>
    private sealed class AddressChangedException(VmId vm) : Exception(
        $"{vm}: the VM's address has changed; its channel is opened again");

    /// <summary>How long a message waits for the host to say that this VM is there.</summary>
    private static readonly TimeSpan PresenceWait = TimeSpan.FromSeconds(10);

    /// <summary>How long a VM that is gone waits for its item to say that it has moved.</summary>
    private static readonly TimeSpan ItemOfMovedVm = TimeSpan.FromSeconds(30);

    private readonly VmServices _services;
    private readonly RestartPauses _pauses;
    private readonly string _name;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private ServedVm? _vm;
    private bool _leaving;

    public VmActor(VmServices services, RestartPauses pauses)
    {
        (_services, _pauses, _name) = (services, pauses, Self.Path.Name);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public IStash Stash { get; set; } = null!;

    public static Props Props(VmServices services, RestartPauses pauses) =>
        ActorProps.Of(() => new VmActor(services, pauses));

    protected override SupervisorStrategy SupervisorStrategy() => new VmSupervision();

    /// <summary>
    /// A fault of ours must not become a loop of faults: the successor asks its host only after a pause. A window that waits to
    /// be thawed does not: its host tells of it by itself, and that is heard at once.
    /// </summary>
    protected override void PostRestart(Exception reason)
    {
        if (reason is AddressChangedException) AskHost();
        else Timers.StartSingleTimer("again", new BeginAgain(), _pauses.Failed(_name));
    }

    protected override void PreStart() => AskHost();

    protected override void PostStop()
    {
        if (_vm is null) return;
        _vm.Close();
        _services.Fleet.Tell(new VmLeft(_vm.Spec.Id));
    }

    // ---- behaviours, in the order of life. A host has thousands of these actors and they share one switch; a handler that is
    // registered for each message would be kept for each VM

    protected override void OnReceive(object message) => Unplaced(message);

    private void Unplaced(object message)
    {
        switch (message)
        {
            case BeginAgain: AskHost(); break;
            case VmPresent m: Attach(m); break;
            case NotPresent:
                Become(Missing);
                Stash.UnstashAll();
                break;
            case VmGone: Context.Stop(Self); break;
            default: Stash.Stash(); break;
        }
    }

    /// <summary>A VM that its host has not seen: the directory answers whoever asks, until the VM appears.</summary>
    private void Missing(object message)
    {
        switch (message)
        {
            case VmPresent m: Attach(m); break;
            case IVmMessage m: _services.Fleet.Forward(new NoChannel(m)); break;
        }
    }

    private void Serving(ServedVm vm, object message)
    {
        switch (message)
        {
            case VmPresent m: Meet(vm, m); break;
            case EntryFound m: vm.Windows.Adopt(m.Entry); break;
            case WindowLending.LookAgain: _services.Host.Tell(new FindEntry(vm.Spec.Id.Name)); break;
            case VmGone: Leave(vm); break;

            case VmChannel.Notice m: vm.Channel.Handle(m); break;
            case Submit m: vm.Calls.Submit(m, Sender); break;
            case CallAgent m: vm.Calls.Begin(m, Sender); break;
            case VmCalls.Asked m: vm.Calls.Learn(m); break;
            case HangUp m: vm.Calls.HangUp(m.Call); break;
            case CallOver m: vm.Calls.Forget(m.Call); break;
            case WakeVm: vm.Calls.Wake(Sender); break;

            case GuestView m: vm.Learn(m); break;
            case KnownGuest.AskAgain: vm.Guest.Ask(); break;
            case MonitorView m: See(vm, m); break;
            case MachineTold m: vm.Learn(m); break;
            case GuestReset: vm.Reset(); break;
            case ArrivedGuest.Input m: vm.Arrival.Step(m.Of); break;
            case ArrivedGuest.Released:
                vm.Release();
                Stash.UnstashAll();
                break;
            case LeaveNow: Context.Stop(Self); break;
            case MoveTold m: vm.Learn(m); break;
            case ShownStatus.HolderSeen m: vm.Status.Learn(m); break;

            case OpenWindow m: vm.Windows.Want(m, Sender); break;
            case SteerWindow m: vm.Windows.Steer(m); break;
            case WithdrawWindow m: vm.Windows.Withdraw(m.Window); break;
            case WindowFreezing m: vm.Show(new FrozenView(m.Since, Certain: false)); break;
            case WindowFrozen m: vm.Show(new FrozenView(m.Since, Certain: true)); break;
            case WindowUnsettled: vm.Channel.Step(new ChannelInput.Quarantine(true)); break;
            case WindowClosed m: TakeBack(vm, m); break;
            case Terminated: vm.Windows.Lost(); break;

            case DescribeVm m: Describe(vm, m); break;
            case WorksFor m:
                vm.Status.WorksFor(m.Run);
                LeaveAtEnd(vm);
                break;
            // Its guest may be frozen by the window of another host.
            case StartItem when vm.Arrival.State.IsOpen: Stash.Stash(); break;
            case StartItem or ItemJournalled or AbortItem or OrderMember or SweepItems: vm.Items.Forward(message); break;
            default: Unhandled(message); break;
        }
    }

    // ---- presence

    private void AskHost()
    {
        Timers.StartSingleTimer("present", new NotPresent(), PresenceWait);
        _services.Host.Tell(new FindVm(_name[(_name.IndexOf('~', StringComparison.Ordinal) + 1)..]));
    }

    private void Attach(VmPresent present)
    {
        var vm = _vm = new ServedVm(_services, present.Spec, Context, Timers, _log);
        vm.Begin(present.Entry, _pauses);
        Timers.Cancel("present");
        Timers.Cancel("again");
        Become(message => Serving(vm, message));
        Stash.UnstashAll();
    }

    /// <summary>QEMU makes its sockets one after the other: a VM that was seen without its monitor begins anew with it.</summary>
    private void Meet(ServedVm vm, VmPresent present)
    {
        _leaving = false;
        Timers.Cancel("leave");
        if (present.Spec != vm.Spec && !vm.Windows.IsOpen) throw new AddressChangedException(vm.Spec.Id);
        vm.Windows.Adopt(present.Entry);
    }

    /// <summary>The VM is gone from its host. An open window's links may still be whole: they are what thaws the guest. Where its
    /// guest has moved on, its item still has to say so.</summary>
    private void Leave(ServedVm vm)
    {
        _leaving = true;
        if (vm.Windows.IsOpen) vm.Windows.Break("the VM vanished from its host during the window");
        LeaveAtEnd(vm);
    }

    private void TakeBack(ServedVm vm, WindowClosed closed)
    {
        vm.TakeBack(closed);
        LeaveAtEnd(vm);
    }

    /// <summary>A VM that is gone was kept only for its open window, or for the item of a guest that has left.</summary>
    private void LeaveAtEnd(ServedVm vm)
    {
        if (!_leaving || vm.Windows.IsOpen) return;
        if (vm is { HasLeft: true, Status.IsAtWork: true })
            Timers.StartSingleTimer("leave", new LeaveNow(), ItemOfMovedVm);
        else Context.Stop(Self);
    }

    // ---- who asks before the first look at the monitor, or before the guest has told of itself

    /// <summary>An item that asks right after a start waits for that look: it may have to go on.</summary>
    private void Describe(ServedVm vm, DescribeVm asked)
    {
        if (!vm.Machine.IsSeen) Stash.Stash();
        else if (asked.MeetGuest && vm.CanMeetGuest) vm.Guest.Meet(Sender);
        else Sender.Tell(vm.Describe());
    }

    private void See(ServedVm vm, MonitorView machine)
    {
        vm.Learn(machine);
        Stash.UnstashAll();
    }
}

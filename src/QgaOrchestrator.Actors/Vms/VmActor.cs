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
public sealed class VmActor : ReceiveActor, IWithTimers, IWithStash
{
    private sealed record NotPresent : INoSerializationVerificationNeeded;

    private sealed record BeginAgain : INoSerializationVerificationNeeded;

    /// <summary>Its supervisor restarts the actor, which then asks its host what there is.</summary>
    private sealed class SocketsChangedException(VmId vm) : Exception(
        $"{vm}: the VM's sockets have changed, its channel begins anew");

    /// <summary>How long a message waits for the host to say that this VM is there.</summary>
    private static readonly TimeSpan PresenceWait = TimeSpan.FromSeconds(10);

    private readonly VmServices _services;
    private readonly RestartPauses _pauses;
    private readonly string _name;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private ServedVm? _vm;
    private bool _leaving;

    public VmActor(VmServices services, RestartPauses pauses)
    {
        (_services, _pauses, _name) = (services, pauses, Self.Path.Name);
        Unplaced();
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
        if (reason is SocketsChangedException) AskHost();
        else Timers.StartSingleTimer("again", new BeginAgain(), _pauses.Failed(_name));
    }

    protected override void PreStart() => AskHost();

    protected override void PostStop()
    {
        if (_vm is null) return;
        _vm.Close();
        _services.Fleet.Tell(new VmLeft(_vm.Spec.Id));
    }

    // ---- behaviours, in the order of life

    private void Unplaced()
    {
        Receive<BeginAgain>(_ => AskHost());
        Receive<VmPresent>(Attach);
        Receive<NotPresent>(_ =>
        {
            Become(Missing);
            Stash.UnstashAll();
        });
        Receive<VmGone>(_ => Context.Stop(Self));
        ReceiveAny(_ => Stash.Stash());
    }

    /// <summary>A VM that its host has not seen: the directory answers whoever asks, until the VM appears.</summary>
    private void Missing()
    {
        Receive<VmPresent>(Attach);
        Receive<IVmMessage>(m => _services.Fleet.Forward(new NoChannel(m)));
        ReceiveAny(_ => { });
    }

    private void Serving(ServedVm vm)
    {
        Receive<VmPresent>(m => Meet(vm, m));
        Receive<EntryFound>(m => vm.Windows.Adopt(m.Entry));
        Receive<WindowLending.LookAgain>(_ => _services.Host.Tell(new FindEntry(vm.Spec.Id.Name)));
        Receive<VmGone>(_ => Leave(vm));

        Receive<VmChannel.Notice>(vm.Channel.Handle);
        Receive<Submit>(m => vm.Calls.Submit(m, Sender));
        Receive<CallAgent>(m => vm.Calls.Begin(m, Sender));
        Receive<VmCalls.Asked>(vm.Calls.Learn);
        Receive<HangUp>(m => vm.Calls.HangUp(m.Call));
        Receive<CallOver>(m => vm.Calls.Forget(m.Call));
        Receive<WakeVm>(_ => vm.Calls.Wake(Sender));

        Receive<GuestView>(vm.Learn);
        Receive<KnownGuest.AskAgain>(_ => vm.Guest.Ask());
        Receive<MonitorView>(m => See(vm, m));
        Receive<MachineTold>(vm.Learn);
        Receive<GuestReset>(_ => vm.Reset());
        Receive<ShownStatus.HolderSeen>(vm.Status.Learn);

        Receive<OpenWindow>(m => vm.Windows.Want(m, Sender));
        Receive<SteerWindow>(vm.Windows.Steer);
        Receive<WithdrawWindow>(m => vm.Windows.Withdraw(m.Window));
        Receive<WindowFreezing>(m => vm.Show(new FrozenView(m.Since, Certain: false)));
        Receive<WindowFrozen>(m => vm.Show(new FrozenView(m.Since, Certain: true)));
        Receive<WindowUnsettled>(_ => vm.Channel.Step(new ChannelInput.Quarantine(true)));
        Receive<WindowClosed>(m => TakeBack(vm, m));
        Receive<Terminated>(_ => vm.Windows.Lost());

        Receive<DescribeVm>(_ => Describe(vm));
        Receive<WorksFor>(m => vm.Status.WorksFor(m.Run));
        Receive<StartItem>(vm.Items.Forward);
        Receive<ItemJournalled>(vm.Items.Forward);
        Receive<AbortItem>(vm.Items.Forward);
        Receive<OrderMember>(vm.Items.Forward);
        Receive<SweepItems>(vm.Items.Forward);
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
        Become(() => Serving(vm));
        Stash.UnstashAll();
    }

    /// <summary>QEMU makes its sockets one after the other: a VM that was seen without its monitor begins anew with it.</summary>
    private void Meet(ServedVm vm, VmPresent present)
    {
        _leaving = false;
        if (present.Spec != vm.Spec && !vm.Windows.IsOpen) throw new SocketsChangedException(vm.Spec.Id);
        vm.Windows.Adopt(present.Entry);
    }

    /// <summary>The sockets' names are gone. An open window's links may still be whole: they are what thaws the guest.</summary>
    private void Leave(ServedVm vm)
    {
        _leaving = vm.Windows.IsOpen;
        if (_leaving) vm.Windows.Break("the VM's sockets vanished during the window");
        else Context.Stop(Self);
    }

    /// <summary>A VM that is gone was kept only for its open window.</summary>
    private void TakeBack(ServedVm vm, WindowClosed closed)
    {
        vm.TakeBack(closed);
        if (_leaving && !vm.Windows.IsOpen) Context.Stop(Self);
    }

    // ---- who asks before the first look at the monitor

    /// <summary>An item that asks right after a start waits for that look: it may have to go on.</summary>
    private void Describe(ServedVm vm)
    {
        if (vm.Machine.IsSeen) Sender.Tell(vm.Describe());
        else Stash.Stash();
    }

    private void See(ServedVm vm, MonitorView machine)
    {
        vm.Learn(machine);
        Stash.UnstashAll();
    }
}

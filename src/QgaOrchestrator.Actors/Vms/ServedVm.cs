using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// A VM that is there: what its <see cref="VmActor"/> has of it, from the first sight of its sockets until they are gone. Each
/// part holds the state of one idea; they are used on the actor's own thread alone.
/// </summary>
internal sealed class ServedVm : IChannelOwner
{
    /// <summary>After a restart, runs ask for their items first: what they go on with is not to be swept.</summary>
    private static readonly TimeSpan SweepAfter = TimeSpan.FromSeconds(10);

    private readonly VmServices _services;
    private readonly IActorContext _context;
    private readonly ITimerScheduler _timers;
    private readonly ILoggingAdapter _log;
    private IActorRef? _items;

    public ServedVm(VmServices services, VmSpec spec, IActorContext context, ITimerScheduler timers, ILoggingAdapter log)
    {
        (_services, _context, _timers, _log) = (services, context, timers, log);
        Spec = spec;
        Qemu = services.Machine(spec);
        Channel = new VmChannel(services, spec, this, context.Self, timers);
        Guest = new KnownGuest(services, spec.Id.Name, context.Self, timers, log);
        Machine = new KnownMachine(services, spec.Kind, Qemu is not null);
        Windows = new WindowLending(services, this, context, timers, log);
        Calls = new VmCalls(services, this, context);
        Status = new ShownStatus(services, this, context.Self);
        Arrival = new ArrivedGuest(services, this, context.Self, timers, log);
    }

    public VmSpec Spec { get; }

    /// <summary>Null where the VM has no monitor.</summary>
    public IMachine? Qemu { get; }

    public VmChannel Channel { get; }

    public KnownGuest Guest { get; }

    public KnownMachine Machine { get; }

    public WindowLending Windows { get; }

    public VmCalls Calls { get; }

    public ShownStatus Status { get; }

    public ArrivedGuest Arrival { get; }

    /// <summary>The guest has left this QEMU by migration.</summary>
    public bool HasLeft { get; private set; }

    /// <summary>The actor of its items. Most VMs of a host have none under way: it is made for the first.</summary>
    public IActorRef Items => _items ??= _context.ActorOf(_services.Items(_services, Spec, Qemu), VmSupervision.Items);

    /// <summary>Its children begin, then its channel; a window that an earlier process left open goes first.</summary>
    /// <param name="entry">The ledger's.</param>
    public void Begin(LedgerEntry? entry, RestartPauses pauses)
    {
        var holds = !Spec.Address.IsShared;
        if (Qemu is { } machine)
            _context.ActorOf(
                ActorProps.Of(() => new MonitorKeeper(machine, Spec.Id.Name, holds, pauses)), VmSupervision.Monitor);
        Windows.Adopt(entry);
        foreach (var method in Spec.Kind.CutMethods)
            if (method.Reminder(_services.Cuts, Spec.Id.Entity) is { } reminder)
                _log.Warning("{0}: {1}", Spec.Id.Name, reminder);
        Channel.Step(new ChannelInput.Woken());
        if (!holds) Guest.Ask();
    }

    public VmDescribed Describe() => new(Machine.View, Guest.View, Windows.SlowFreeze, Machine.Age)
    {
        LargestReply = Channel.Agent.LargestReply,
    };

    /// <summary>The guest has not told of itself, and its agent is not known to be silent.</summary>
    public bool CanMeetGuest => !Guest.View.IsMet && Channel.State.LastFailure is null;

    /// <summary>The guest has told of itself.</summary>
    public void Learn(GuestView guest)
    {
        Guest.Learn(guest, Windows.IsOpen || Arrival.State.IsOpen);
        Status.Update();
        foreach (var waiting in Guest.TakeWaiting()) waiting.Tell(Describe());
    }

    /// <summary>The monitor has been looked at. One that answers again may show what no run knows any more.</summary>
    public void Learn(MonitorView machine)
    {
        var news = Machine.Learn(machine);
        if (news.Ended is { } process)
        {
            Channel.EndSilent(_ => CallCompletion.Port);
            Windows.QemuEnded(process, Machine.Ended!);
            Arrival.Step(new ArrivalInput.Ended());
        }
        else if (news.PortClosed)
            Channel.EndSilent(command => SilentCommands.IsShownByPort(command) ? CallCompletion.Port : null);
        if (machine.PortOpen is { } open) Channel.Step(new ChannelInput.PortChanged(open));
        if (machine.Up) Follow(machine, news);
        Status.Update();
        if (news.CameUp) _timers.StartSingleTimer("sweep", new SweepItems(), SweepAfter);
    }

    /// <summary>Whether the guest is behind this channel: it may not have come yet, or have left, or have come just
    /// now.</summary>
    private void Follow(MonitorView machine, MachineNews news)
    {
        if (news.IsFirst) Windows.ForgetLeft();
        ShowLeft(machine.RunState == QemuStates.Left);
        if (HasLeft)
        {
            Windows.GuestLeft();
            _services.Fleet.Tell(new FindMove(Spec.Id, machine.Uuid), _context.Self);
        }
        Channel.Step(machine.RunState switch
        {
            QemuStates.Left => Away(null),
            QemuStates.Waits => new ChannelInput.GuestAway(
                "QEMU waits for the VM, which is being moved here (inmigrate)",
                "Wait for the end of the migration; until then the VM is where it comes from"),
            _ => new ChannelInput.GuestAway(null),
        });
        Arrival.Step(new ArrivalInput.Looked(machine.RunState, news.CameIn));
    }

    /// <summary>The directory has answered.</summary>
    public void Learn(MoveTold told)
    {
        if (Windows.Learn(told)) ShowLeft(true);
        if (told.Place is { } place && Machine.View.RunState == QemuStates.Left) Channel.Step(Away(place));
        Arrival.Step(new ArrivalInput.Word(told.Word));
        Status.Update();
    }

    /// <summary>What waited for a guest that came here may go on.</summary>
    public void Release()
    {
        if (!Arrival.State.IsOpen) Windows.ForgetLeft();
        Status.Update();
    }

    private void ShowLeft(bool left)
    {
        if (left == HasLeft) return;
        HasLeft = left;
        if (left || _items is not null) Items.Tell(new GuestLeft(left));
    }

    private static ChannelInput.GuestAway Away(VmId? place) => new(
        $"the VM has moved to {place?.ToString() ?? "another QEMU"} (postmigrate); this was not executed",
        place is null ? "See where it is now: qgactl vm list" : $"Ask for it there: qgactl vm show {place}");

    /// <summary>QEMU told of an event.</summary>
    public void Learn(MachineTold told)
    {
        if (told.Event.Change == MachineChange.Woken) Channel.Step(new ChannelInput.Awake());
        else
            Channel.EndSilent(command =>
                SilentCommands.IsShownByEvent(command, told.Event.Name) ? CallCompletion.ByEvent(told.Event.Name) : null);
    }

    /// <summary>The guest was reset: whatever was frozen is thawed, and no window holds.</summary>
    public void Reset()
    {
        Machine.Reset();
        Windows.Break("the guest was reset during the window");
    }

    /// <summary>A window begins to freeze the guest, or has frozen it.</summary>
    public void Show(FrozenView frozen)
    {
        Windows.Show(frozen);
        Status.Update();
    }

    /// <summary>A window is closed.</summary>
    public void TakeBack(WindowClosed closed)
    {
        if (Windows.TakeBack(closed)) Items.Tell(new SweepItems());
        if (Arrival.State is not ArrivalState.Thawing) return;
        Arrival.Step(new ArrivalInput.Thawed());
        // What it was found to be was of the freeze that it brought along.
        Guest.Ask();
    }

    /// <summary>The actor ends: whoever waits is told.</summary>
    public void Close()
    {
        Qemu?.Close();
        Channel.Close();
        Windows.Close();
    }

    void IChannelOwner.Granted(string window) => Windows.Granted();

    void IChannelOwner.NotGranted(string window, string reason) => Windows.NotGranted(window, reason);

    void IChannelOwner.Stepped(ChannelInput input)
    {
        if (input is ChannelInput.Opened) Arrival.Step(new ArrivalInput.Due());
        if (input is ChannelInput.Opened) Guest.AskIfOld();
        Status.Update();
    }
}

using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>
/// The fleet as this node sees it, and the way to each VM. One a node; it lists VMs and selects targets, and forwards each
/// message for a VM to the VM's channel, or to the directory of the VM's host, or answers why there is none. It tells the other
/// hosts' directories of its own VMs, and they tell it of theirs.
/// </summary>
internal sealed class FleetActor : ReceiveActor, IWithTimers
{
    private sealed record TellChanges : INoSerializationVerificationNeeded;

    private sealed record TellHowItIs : INoSerializationVerificationNeeded;

    public const string Name = "fleet";

    private const string Look = "See which VMs are there: qgactl vm list";

    /// <summary>How long a first order may be on its way: longer than any delay of a cluster that works, shorter than a run waits
    /// for a host that is away.</summary>
    private static readonly TimeSpan OrdersHold = TimeSpan.FromSeconds(30);

    /// <summary>Changes are told together.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(300);

    private readonly FleetServices _services;
    private readonly OwnVms _own;
    private readonly OtherHosts _others;
    private readonly ToldVms _told;
    private readonly HostWatchers _watchers;
    private readonly KnownMoves _moves;

    public FleetActor(FleetServices services)
    {
        _services = services;
        _moves = new KnownMoves(services, All);
        _own = new OwnVms(services);
        _others = new OtherHosts(services, Self, _moves.Change, _moves.Leave);
        _told = new ToldVms(services, _own, _others, Self);
        _watchers = new HostWatchers(services, _others, _moves.Elsewhere, Context);

        Receive<VmSeen>(m => Change(m.Status.Id, () => _own.See(m.Status)));
        Receive<VmLeft>(m => Change(m.Vm, () => _own.Leave(m.Vm)));
        Receive<VmsFound>(m => Change(null, () => _own.Find(m.Scan)));
        Receive<ListVms>(_ => Sender.Tell(new VmList([.. _moves.Listed().OrderBy(vm => vm.Id.Name, StringComparer.Ordinal)])));
        Receive<ListHosts>(_ => Sender.Tell(new HostsListed([.. _others.All(Facts())])));
        Receive<FindMove>(m => Sender.Tell(_moves.Find(m)));
        Receive<FindUuid>(m => Sender.Tell(new VmUuid(Find(m.Vm)?.Uuid)));

        Receive<MembersChanged>(m =>
        {
            _others.Update(m);
            _watchers.TellAll();
        });
        Receive<WatchHosts>(m => _watchers.Add(Sender, m.Hosts));
        Receive<Terminated>(m => _watchers.Remove(m.ActorRef));
        Receive<HostVmsTold>(_others.Learn);
        Receive<HostBeat>(m =>
        {
            if (_others.Learn(m)) _watchers.TellAll();
        });
        Receive<DrainChanged>(_ =>
        {
            _told.Beat(Facts());
            _watchers.TellAll();
        });
        Receive<HostForgotten>(Forget);
        Receive<TellVms>(_ => _told.TellEverything(Sender));
        Receive<TellAway>(_ => _others.TellAway(Sender));
        Receive<TellChanges>(_ => _told.TellChanges());
        Receive<TellHowItIs>(_ =>
        {
            _told.Beat(Facts());
            // Of a host that is away a VM may have been seen elsewhere.
            _watchers.TellAll();
        });

        Receive<NoChannel>(m => Refuse(m.Message, _own.ObstacleOf(m.Message.Vm)));
        Receive<IVmMessage>(Pass);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(FleetServices services) => ActorProps.Of(() => new FleetActor(services));

    protected override void PreStart()
    {
        if (_services.IsClustered)
            Timers.StartPeriodicTimer("how it is", new TellHowItIs(), TimeSpan.Zero, HostBeat.Interval);
    }

    /// <param name="vm">Null: any.</param>
    private void Change(VmId? vm, Action change)
    {
        var before = vm is null ? null : _own.Seen(vm);
        change();
        if (vm is not null) _moves.Change(before, _own.Seen(vm));
        // A node alone keeps no second list.
        if (!_services.IsClustered) return;
        if (vm is null) _told.LookAtAll();
        else _told.Look(vm);
        if (_told.HasChanged && !Timers.IsTimerActive("changes"))
            Timers.StartSingleTimer("changes", new TellChanges(), Gathering);
    }

    /// <summary>Who does not know it any more tells nobody.</summary>
    private void Forget(HostForgotten forgotten)
    {
        if (!_others.Forget(forgotten.Host)) return;
        foreach (var directory in _others.Present) directory.Tell(forgotten, Self);
    }

    private IEnumerable<VmStatus> All() => _own.All().Concat(_others.Vms());

    private VmStatus? Find(VmId vm) => vm.Host == _services.Host ? _own.Find(vm) : _others.Find(vm.Host, vm.Name);

    private HostFacts Facts()
    {
        var (vms, frozen) = _own.Count();
        return _services.Facts(vms, frozen);
    }

    /// <summary>What comes from another host's node is for a VM of this one.</summary>
    private void Pass(IVmMessage message)
    {
        if (_services.IsClustered && message is StartItem { BeginBy: null } order)
            message = order with { BeginBy = _others.Now(order.Vm.Host)?.After(OrdersHold) };
        if (_own.WhyUnserved(message.Vm) is { } obstacle) Refuse(message, obstacle);
        else if (message.Vm.Host == _services.Host || !_services.IsClustered) _services.Channels().Forward(message);
        else if (message is IWire && _others.WayTo(message.Vm.Host) is { } directory) directory.Tell(message, Sender);
        else RefuseAway(message);
    }

    /// <summary>A call comes to the VM's host by HTTP, and so never this way. An order is not kept: its run waits for the host,
    /// and orders again; or begins where the VM is now.</summary>
    private void RefuseAway(IVmMessage message)
    {
        if (message is StartItem item && _moves.Find(new FindMove(item.Vm, null)).Place is { } place)
            _services.Runs().Tell(item.Moved(place));
        if (message is not (CallAgent or WakeVm)) return;
        var (reason, remedy) = OtherHosts.WhyAway(message.Vm.Host);
        Sender.Tell(new CallReply.Refused(CallRefusal.Unreachable, reason, remedy));
    }

    /// <param name="asked">What cannot be done.</param>
    /// <param name="obstacle">Null: it is only known that the VM is not here.</param>
    private void Refuse(IVmMessage asked, AgentObstacle? obstacle)
    {
        switch (asked)
        {
            case CallAgent or WakeVm:
                Sender.Tell(obstacle?.Refusal ?? new CallReply.Refused(
                    CallRefusal.Unreachable, $"{asked.Vm.Name} is not on its host", Look));
                break;
            case StartItem item:
                // To its run, which tells the group's coordinator: the sender may be the coordinator.
                _services.Runs().Tell(Ended(item, obstacle, _moves.Find(new FindMove(item.Vm, null)).Place));
                break;
        }
    }

    /// <summary>An item that was begun had its VM then. How far it came cannot be seen, and its group's points are not given up
    /// for it. Of a VM that was moved it is seen by its run whether the attempt is repeated where it is now.</summary>
    private static ItemEnded Ended(StartItem item, AgentObstacle? obstacle, VmId? place) => obstacle switch
    {
        null when place is { } moved => item.Moved(moved),
        null => item.Unreachable("the VM is gone from its host", Look),
        _ when item.Resume => item.Unreachable(obstacle.Reason, obstacle.Remedy),
        _ => item.Failed(obstacle.Reason, obstacle.Remedy),
    };
}

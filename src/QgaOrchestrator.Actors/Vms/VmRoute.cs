using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Messages;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// The way to the VMs of this host. Their actors live in a region, which works among the members of a cluster. A node that has
/// not found its cluster for some time serves them itself: a guest is seen, called and thawed without any other node. As soon as
/// it is a member they begin anew in the region; a window that is open then is thawed.
/// </summary>
internal sealed class VmRoute : ReceiveActor, IWithTimers, IWithStash
{
    /// <summary>This node is a member of its cluster, and stays one to its end.</summary>
    public sealed record Joined : INoSerializationVerificationNeeded;

    private sealed record StillAlone : INoSerializationVerificationNeeded;

    /// <summary>Most starts find the cluster sooner, and no channel is opened twice.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly IActorRef _region, _host;
    private readonly Props _vm;
    private readonly HashSet<IActorRef> _ending = [];

    /// <param name="region">Of VMs.</param>
    /// <param name="vm">Of a VM's actor.</param>
    /// <param name="host">The guard of this host, which tells what VMs there are.</param>
    public VmRoute(IActorRef region, Props vm, IActorRef host)
    {
        (_region, _vm, _host) = (region, vm, host);
        Receive<StillAlone>(_ => Serve());
        Receive<Joined>(_ => Pass());
        WaitForHost();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public IStash Stash { get; set; } = null!;

    protected override void PreStart() => Timers.StartSingleTimer("alone", new StillAlone(), Patience);

    /// <summary>Which VMs there are is asked for afresh when it is known who serves them.</summary>
    private void WaitForHost()
    {
        Receive<VmPresent>(_ => { });
        Receive<VmGone>(_ => { });
        Receive<IVmMessage>(_ => Stash.Stash());
    }

    private void Serve()
    {
        Become(() =>
        {
            Receive<IVmMessage>(m => ActorOf(m).Forward(m));
            Receive<Joined>(_ => End());
        });
        Begin();
    }

    private IActorRef ActorOf(IVmMessage message)
    {
        var name = Uri.EscapeDataString(message.Vm.Entity);
        return Context.Child(name) is { } child && !child.IsNobody() ? child : Context.ActorOf(_vm, name);
    }

    /// <summary>Two actors of one VM would want one socket: these are gone before the region begins.</summary>
    private void End()
    {
        Become(() =>
        {
            Receive<Terminated>(m =>
            {
                _ending.Remove(m.ActorRef);
                if (_ending.Count == 0) Pass();
            });
            WaitForHost();
        });
        foreach (var vm in Context.GetChildren()) _ending.Add(Context.Watch(vm));
        foreach (var vm in _ending) Context.Stop(vm);
        if (_ending.Count == 0) Pass();
    }

    private void Pass()
    {
        Timers.Cancel("alone");
        Become(() => Receive<IVmMessage>(_region.Forward));
        Begin();
    }

    private void Begin()
    {
        _host.Tell(new PresentVms());
        Stash.UnstashAll();
    }
}

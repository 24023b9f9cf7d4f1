using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>Who serves the VMs of a host whose node looks for its cluster, in virtual time.</summary>
public sealed class VmRouteTests : TestKit
{
    private static readonly VmId Vm = new("h1", "vm1");

    private readonly TestProbe _region, _host, _vms;
    private readonly IActorRef _route;

    public VmRouteTests() : base("""
        akka.test.single-expect-default = 60s
        akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
        """)
    {
        (_region, _host, _vms) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        _route = Route(_region);
    }

    [Fact]
    public void A_member_serves_VMs_in_their_region_and_what_came_before_is_not_lost()
    {
        _route.Tell(new WakeVm(Vm));
        _route.Tell(new VmRoute.Joined());
        _host.ExpectMsg<PresentVms>();
        Assert.Equal(Vm, _region.ExpectMsg<WakeVm>().Vm);

        Advance();
        _route.Tell(new WakeVm(Vm));
        _region.ExpectMsg<WakeVm>();
        Assert.False(_vms.HasMessages);
    }

    [Fact]
    public void A_node_that_finds_no_cluster_serves_its_VMs_itself()
    {
        _route.Tell(new WakeVm(Vm));
        _host.ExpectNoMsg(TimeSpan.Zero);

        Advance();
        _host.ExpectMsg<PresentVms>();
        _vms.ExpectMsg("begins");
        _vms.ExpectMsg<WakeVm>();
        _route.Tell(new WakeVm(Vm));
        _vms.ExpectMsg<WakeVm>();
        Assert.False(_region.HasMessages);
    }

    [Fact]
    public void A_VM_begins_in_the_region_only_when_its_other_actor_has_ended()
    {
        // The region is who is told by the VM's actor, too: so it shows what came first.
        var route = Route(_vms);
        Advance();
        route.Tell(new WakeVm(Vm));
        _vms.ExpectMsg("begins");
        _vms.ExpectMsg<WakeVm>();

        route.Tell(new VmRoute.Joined());
        route.Tell(new WakeVm(Vm));
        _vms.ExpectMsg("ends");
        _vms.ExpectMsg<WakeVm>();
    }

    /// <summary>One that has started: its timer is set.</summary>
    private IActorRef Route(IActorRef region)
    {
        var vm = Props.Create(() => new ServedVmActor(_vms));
        var route = Sys.ActorOf(Props.Create(() => new VmRoute(region, vm, _host)));
        route.Tell(new Identify(null), TestActor);
        ExpectMsg<ActorIdentity>();
        return route;
    }

    private void Advance() => ((TestScheduler)Sys.Scheduler).Advance(VmRoute.Patience);

    private sealed class ServedVmActor : ReceiveActor
    {
        private readonly IActorRef _told;

        public ServedVmActor(IActorRef told)
        {
            _told = told;
            told.Tell("begins");
            ReceiveAny(told.Forward);
        }

        protected override void PostStop() => _told.Tell("ends");
    }
}

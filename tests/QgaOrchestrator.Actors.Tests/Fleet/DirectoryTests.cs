using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using QgaOrchestrator.Actors.Fleet;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Hosts;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors.Tests.Fleet;

/// <summary>The directory of one of several hosts; the others' are probes.</summary>
public sealed class DirectoryTests : TestKit
{
    private static readonly VmId Own = new("hv1", "web"), Other = new("hv2", "db");

    private readonly ManualTime _time = new();
    private readonly TestProbe _runs, _second;
    private readonly IActorRef _fleet;
    private readonly Guid _incarnation = Guid.NewGuid();
    private readonly HostFacts _facts;
    private volatile bool _drains;

    /// <summary>The test is the region of VMs.</summary>
    public DirectoryTests() : base("akka { loglevel = WARNING, stdout-loglevel = OFF }")
    {
        _facts = new("0.1.0", "http://hv2:7070", 1, 0, 3, 0.5, _time.GetUtcNow() + TimeSpan.FromSeconds(1), "0123456789ab");
        (_runs, _second) = (CreateTestProbe(), CreateTestProbe());
        _fleet = Sys.ActorOf(FleetActor.Props(new FleetServices
        {
            Host = "hv1",
            Identify = id => new VmIdentity(id, null, VmIdentity.NoLabels),
            Channels = () => TestActor,
            Runs = () => _runs.Ref,
            Started = _ => { },
            Time = _time,
            Facts = (vms, windows) => _facts with
            {
                Vms = vms,
                Windows = windows,
                At = _time.GetUtcNow(),
                Drain = _drains ? DrainState.Drained : null,
            },
            Drains = () => _drains,
            Epoch = new(_time),
            IsClustered = true,
        }));
    }

    [Fact]
    public void Other_hosts_are_told_what_changes_and_all_when_they_ask()
    {
        Members(HostState.Up);
        _fleet.Tell(new VmSeen(Status(Own)));
        var change = _second.FishForMessage<HostVmsTold>(_ => true).Part;
        Assert.Equal((1, 2, "web"), (change.From, change.To, Assert.Single(change.Seen).Id.Name));

        _fleet.Tell(new TellVms(), _second);
        var all = _second.FishForMessage<HostVmsTold>(_ => true).Part;
        Assert.Equal((0, 2, 1, "web"), (all.From, all.To, all.Parts, Assert.Single(all.Seen).Id.Name));
        Assert.Equal(1, _second.FishForMessage<HostBeat>(beat => beat.Version == 2).Facts.Vms);
    }

    [Fact]
    public async Task A_node_that_begins_is_told_of_hosts_that_are_away()
    {
        Members(HostState.Up);
        _second.FishForMessage<TellAway>(_ => true);
        Tell(Status(Other));
        Assert.Single(await ListAsync());
        var heard = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromHours(1));
        Members(HostState.Unreachable);
        var asker = CreateTestProbe();
        _fleet.Tell(new TellAway(), asker);
        var told = asker.ExpectMsg<HostVmsTold>();
        Assert.Equal(("hv2", heard, "db"), (told.Host, told.AsOf, Assert.Single(told.Part.Seen).Id.Name));

        _fleet.Tell(told with { Host = "hv3", Part = told.Part with { Seen = [Status(new VmId("hv3", "shop"))] } });
        _fleet.Tell(told with { Host = "hv3", Part = told.Part with { Seen = [], To = 9 }, AsOf = heard.AddSeconds(-1) });

        var vm = Assert.Single((await _fleet.Ask<VmList>(new ListVms())).Vms, vm => vm.Id.Host == "hv3");
        Assert.Equal((AgentState.Unreachable, heard), (vm.Agent, vm.AsOf));
    }

    [Fact]
    public async Task Another_hosts_VMs_are_listed_and_reached_through_its_directory()
    {
        Members(HostState.Up);
        Tell(Status(Other));

        Assert.Equal([Other], (await ListAsync()).Select(vm => vm.Id));
        var order = new ItemJournalled(Other, "r1", 1, 1);
        _fleet.Tell(order, _runs);
        Assert.Equal(order, _second.FishForMessage<ItemJournalled>(_ => true));
        Assert.Equal(_runs.Ref, _second.LastSender);
    }

    [Fact]
    public async Task A_host_that_is_behind_is_asked_for_all()
    {
        Members(HostState.Up);
        _fleet.Tell(new HostBeat("hv2", _incarnation, 9, _facts));
        _second.FishForMessage<TellVms>(_ => true);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task VMs_of_a_host_that_is_away_stay_listed_as_they_were()
    {
        Members(HostState.Up);
        _fleet.Tell(new HostBeat("hv2", _incarnation, 1, _facts));
        Tell(Status(Other) with { Frozen = true });
        Members(HostState.Unreachable);

        var vm = Assert.Single(await ListAsync());
        Assert.Equal((AgentState.Unreachable, true, false, _time.GetUtcNow()), (vm.Agent, vm.Frozen, vm.FrozenCertain, vm.AsOf));
        Assert.Contains("hv2", vm.AgentReason, StringComparison.Ordinal);
        _fleet.Tell(new CallAgent(Other, "guest-ping", default, new()));
        Assert.Equal(CallRefusal.Unreachable, ExpectMsg<CallReply.Refused>().Why);

        Members(HostState.Up);
        Assert.Equal(AgentState.Ready, Assert.Single(await ListAsync()).Agent);
    }

    [Fact]
    public void A_run_hears_that_a_host_drains_and_that_is_not_away()
    {
        Members(HostState.Up);
        _fleet.Tell(new WatchHosts(["hv1", "hv2"]), _runs);
        Beat(DrainState.Draining);
        Assert.Equal("away: draining: hv2", Heard());
        Beat(DrainState.Drained);
        Members(HostState.Unreachable);
        Assert.Equal("away: hv2 draining: hv2", Heard());
        Members(HostState.Up);
        Assert.Equal("away: draining: hv2", Heard());
        Beat(DrainState.None);
        Assert.Equal("away: draining:", Heard());

        string Heard()
        {
            var heard = _runs.FishForMessage<HostsAway>(_ => true);
            return $"away: {string.Join(' ', heard.Hosts)} draining: {string.Join(' ', heard.Draining)}"
                .Replace("  ", " ", StringComparison.Ordinal).TrimEnd();
        }

        void Beat(DrainState drain) =>
            _fleet.Tell(new HostBeat("hv2", _incarnation, 0, _facts with { Drain = drain }));
    }

    [Fact]
    public void Runs_and_other_hosts_are_told_at_once_that_this_host_drains()
    {
        Members(HostState.Up);
        _fleet.Tell(new WatchHosts(["hv1"]), _runs);
        _drains = true;
        _fleet.Tell(new DrainChanged());
        Assert.Equal(["hv1"], _runs.ExpectMsg<HostsAway>().Draining);
        Assert.Equal(DrainState.Drained, _second.FishForMessage<HostBeat>(beat => beat.Facts.Drain is not null).Facts.Drain);
    }

    [Fact]
    public async Task Hosts_are_shown_with_what_they_told_last()
    {
        Members(HostState.Up);
        _fleet.Tell(new HostBeat("hv2", _incarnation, 1, _facts));
        var hosts = (await _fleet.Ask<HostsListed>(new ListHosts())).Hosts;
        Assert.Equal(
            [("hv1", HostState.Up, TimeSpan.Zero), ("hv2", HostState.Up, TimeSpan.FromSeconds(1))],
            hosts.Select(host => (host.Host, host.State, host.Clock!.Value)));

        Members(null);
        hosts = (await _fleet.Ask<HostsListed>(new ListHosts())).Hosts;
        Assert.Equal(("hv2", HostState.Unreachable, _facts), (hosts[1].Host, hosts[1].State, hosts[1].Facts));
    }

    [Fact]
    public async Task Only_a_host_that_is_no_member_can_be_forgotten()
    {
        Members(HostState.Up);
        Tell(Status(Other));
        _fleet.Tell(new HostForgotten("hv2"));
        Assert.Single(await ListAsync());

        Members(null);
        _fleet.Tell(new HostForgotten("hv2"));
        Assert.Empty(await ListAsync());
        Assert.Single((await _fleet.Ask<HostsListed>(new ListHosts())).Hosts);
    }

    [Fact]
    public async Task A_VM_and_the_QEMU_that_waits_for_it_are_one_VM_that_changes_its_place()
    {
        var (here, there) = (new VmId("hv1", "web"), new VmId("hv2", "web"));
        Members(HostState.Up);
        _fleet.Tell(new VmSeen(Status(here) with { Uuid = "u", RunState = "running" }));
        Tell(Status(there) with { Uuid = "u", RunState = QemuStates.Waits });
        Assert.Equal([here], (await ListAsync()).Select(vm => vm.Id));

        _fleet.Tell(new VmSeen(Status(here) with { Uuid = "u", RunState = QemuStates.Left, Frozen = true, FrozenBy = "run r1" }));
        var came = Status(there) with { Uuid = "u", CameIn = true };
        _fleet.Tell(new HostVmsTold("hv2", new(_incarnation, 1, 2, 0, 1, [came], [])));
        Assert.Equal([there], (await ListAsync()).Select(vm => vm.Id));
        Assert.Equal(new MoveTold(FreezeWord.Ours, true, there), await _fleet.Ask<MoveTold>(new FindMove(here, null)));
    }

    [Fact]
    public async Task A_freeze_that_a_host_told_of_is_known_when_its_VM_is_gone_from_there()
    {
        Members(HostState.Up);
        Tell(Status(Other) with { Uuid = "u", Frozen = true, FrozenBy = "run r1" });
        _fleet.Tell(new HostVmsTold("hv2", new(_incarnation, 1, 2, 0, 1, [], [Other.Name])));
        Assert.Empty(await ListAsync());
        Assert.Equal(FreezeWord.Ours, (await _fleet.Ask<MoveTold>(new FindMove(Own, "u"))).Word);
    }

    [Theory]
    [InlineData(false, ItemState.Interrupted)]
    [InlineData(true, ItemState.Unreachable)]
    public void An_order_for_a_VM_that_has_moved_away_is_answered_with_its_place(bool resume, ItemState state)
    {
        Members(HostState.Up);
        Tell(Status(Other) with { Uuid = "u", CameIn = true });
        _fleet.Tell(new VmSeen(Status(Own) with { Uuid = "u" }));
        _fleet.Tell(new VmLeft(Own));
        _fleet.Tell(new NoChannel(Order(Own, resume)));
        var outcome = _runs.ExpectMsg<ItemEnded>().Outcome;
        Assert.Equal((state, Other), (outcome.State, outcome.MovedTo));
    }

    [Fact]
    public void An_order_holds_for_30_s_by_the_clock_of_the_host_that_it_goes_to()
    {
        Members(HostState.Up);
        _fleet.Tell(Order(Other));
        Assert.Null(_second.FishForMessage<StartItem>(_ => true).BeginBy); // its clock is not known yet

        var clock = new HostMoment(Guid.NewGuid(), TimeSpan.FromHours(5));
        _fleet.Tell(new HostBeat("hv2", _incarnation, 0, _facts) { At = clock });
        ExpectBegun();
        _time.Advance(TimeSpan.FromSeconds(2));
        _fleet.Tell(Order(Other));
        Assert.Equal(clock.After(TimeSpan.FromSeconds(32)), _second.FishForMessage<StartItem>(_ => true).BeginBy);

        // Another process of that host.
        Members(HostState.Joining);
        _fleet.Tell(Order(Other));
        Assert.Null(_second.FishForMessage<StartItem>(_ => true).BeginBy);
    }

    [Fact]
    public void An_order_for_a_VM_of_this_host_holds_by_its_own_clock()
    {
        Members(HostState.Up);
        _time.Advance(TimeSpan.FromSeconds(7));
        _fleet.Tell(new VmSeen(Status(Own)));
        _fleet.Tell(Order(Own));
        Assert.Equal(TimeSpan.FromSeconds(37), ExpectMsg<StartItem>().BeginBy?.Age);
    }

    /// <summary>What was told before is done.</summary>
    private void ExpectBegun() => _fleet.Ask<VmList>(new ListVms()).GetAwaiter().GetResult();

    private StartItem Order(VmId vm, bool resume = false) => new(
        vm, "r1", 0, 1, "backup", new RunOptions
        {
            MaxParallel = 1,
            MaxFailures = CountOrPercent.All,
            MaxUnreachable = CountOrPercent.All,
        }, _time.GetUtcNow(), resume);

    [Theory]
    [InlineData(true)] // it has told that the VM is gone
    [InlineData(false)] // it tells nothing any more
    public void A_run_hears_of_a_VM_that_came_from_a_host_that_is_away_and_its_order_is_answered(bool told)
    {
        Members(HostState.Up);
        Tell(Status(Other) with { Uuid = "u" });
        if (told) _fleet.Tell(new HostVmsTold("hv2", new(_incarnation, 1, 2, 0, 1, [], [Other.Name])));
        Members(null);
        var run = CreateTestProbe();
        _fleet.Tell(new WatchHosts(["hv2"]), run);
        Assert.Empty(run.ExpectMsg<HostsAway>().Elsewhere);

        _fleet.Tell(new VmSeen(Status(Own) with { Uuid = "u", CameIn = true }));
        Assert.Equal([Other], run.ExpectMsg<HostsAway>().Elsewhere);
        _fleet.Tell(Order(Other));
        var outcome = _runs.ExpectMsg<ItemEnded>().Outcome;
        Assert.Equal((ItemState.Interrupted, Own), (outcome.State, outcome.MovedTo));
    }

    [Fact]
    public void A_VM_that_came_in_to_a_host_that_is_draining_now_is_waited_for_there()
    {
        Members(HostState.Up);
        Tell(Status(Other) with { Uuid = "u", CameIn = true });
        _fleet.Tell(new HostBeat("hv2", _incarnation, 1, _facts with { Drain = DrainState.Draining }));
        var run = CreateTestProbe();
        _fleet.Tell(new WatchHosts(["hv2"]), run);
        var told = run.ExpectMsg<HostsAway>();
        Assert.Equal(["hv2"], told.Draining);
        Assert.Empty(told.Elsewhere);
    }

    /// <param name="second">The state of hv2's node; null: it is no member.</param>
    private void Members(HostState? second) => _fleet.Tell(new MembersChanged(
        [
            new HostMember("hv1", HostState.Up, _fleet),
            .. second is { } state ? [new HostMember("hv2", state, _second.Ref)] : (HostMember[])[],
        ]));

    private void Tell(params VmStatus[] vms) =>
        _fleet.Tell(new HostVmsTold("hv2", new(_incarnation, 0, 1, 0, 1, vms, [])));

    private async Task<IReadOnlyList<VmStatus>> ListAsync() => (await _fleet.Ask<VmList>(new ListVms())).Vms;

    private static VmStatus Status(VmId vm) => new(vm, null, VmIdentity.NoLabels, AgentState.Ready);
}

using Akka.Actor;
using Akka.TestKit.Xunit2;
using QgaOrchestrator.Actors.Fleet;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Hosts;

namespace QgaOrchestrator.Actors.Tests.Fleet;

/// <summary>The directory: who is listed, and what is answered for a VM that has no channel.</summary>
public sealed class FleetActorTests : TestKit
{
    private static readonly VmId Bad = new("h1", "my vm"), Good = new("h1", "web"), Left = new("h1", "left");

    private static readonly AgentObstacle Obstacle = new(AgentState.Missing, "it is not there", "Start it");

    private readonly IActorRef _fleet;
    private readonly List<VmStatus> _started = [];

    /// <summary>The test is the region of VMs; the runs' is a probe.</summary>
    public FleetActorTests() : base("akka { loglevel = WARNING, stdout-loglevel = OFF }")
    {
        Runs = CreateTestProbe();
        _fleet = Sys.ActorOf(
            FleetActor.Props(new FleetServices
            {
                Host = "h1",
                Identify = id => new VmIdentity(id, null, Said(id)),
                Channels = () => TestActor,
                Runs = () => Runs.Ref,
                Started = _started.Add,
                Time = TimeProvider.System,
                Epoch = new(TimeProvider.System),
                Facts = (_, _) => throw new InvalidOperationException("nobody asks"),
            })
        );
    }

    private Akka.TestKit.TestProbe Runs { get; }

    /// <summary>As long as the fleet's file is the same, what it says is the same object.</summary>
    private readonly Dictionary<VmId, Dictionary<string, string>> _said = [];

    private Dictionary<string, string> Said(VmId vm)
    {
        if (!_said.TryGetValue(vm, out var labels)) _said[vm] = labels = new() { ["app"] = vm.Name };
        return labels;
    }

    [Fact]
    public async Task A_VM_without_a_channel_is_listed_with_its_reason_and_labels_until_it_has_one()
    {
        _fleet.Tell(new VmSeen(new VmStatus(Good, null, VmIdentity.NoLabels, AgentState.Ready)));
        Found(new UnservedVm(Bad, Obstacle), new UnservedVm(Good, Obstacle));

        var listed = (await _fleet.Ask<VmList>(new ListVms())).Vms;

        Assert.Equal([(Bad, AgentState.Missing, "it is not there", "Start it"), (Good, AgentState.Ready, null, null)],
            listed.Select(vm => (vm.Id, vm.Agent, vm.AgentReason, vm.AgentRemedy)));
        Assert.Equal("my vm", listed[0].Labels["app"]);

        _fleet.Tell(new VmLeft(Good));
        Assert.Equal(
            [AgentState.Missing, AgentState.Missing], (await _fleet.Ask<VmList>(new ListVms())).Vms.Select(vm => vm.Agent));
        Found();
        Assert.Empty((await _fleet.Ask<VmList>(new ListVms())).Vms);
    }

    [Fact]
    public async Task Labels_of_the_kind_of_host_are_shown_under_those_of_the_fleet_file()
    {
        _fleet.Tell(new VmSeen(new VmStatus(Good, null, VmIdentity.NoLabels, AgentState.Ready)));
        Find("db");
        var first = await OneAsync();
        Assert.Equal(
            ["app=web", "pve.name=db"],
            first.Labels.Select(label => $"{label.Key}={label.Value}").Order(StringComparer.Ordinal));
        Find("db");
        Assert.Same(first.Labels, (await OneAsync()).Labels);
        Find("sql");
        Assert.Equal("sql", (await OneAsync()).Labels["pve.name"]);
        Found();
        Assert.Equal(["app"], (await OneAsync()).Labels.Keys);

        void Find(string name) => _fleet.Tell(new VmsFound(new HostScan([], [], [])
        {
            Labels = new Dictionary<VmId, VmLabels> { [Good] = VmLabels.Of([("pve.name", name), ("app", "not-shown")]) },
        }));

        async Task<VmStatus> OneAsync() => Assert.Single((await _fleet.Ask<VmList>(new ListVms())).Vms);
    }

    [Fact]
    public async Task A_VM_is_told_as_started_once_for_each_of_its_QEMU_processes()
    {
        var vm = new VmStatus(Good, null, VmIdentity.NoLabels, AgentState.Connecting) { Process = "boot/1/1" };
        foreach (var (agent, process) in new[]
        {
            (AgentState.Connecting, "boot/1/1"), (AgentState.Ready, "boot/1/1"), (AgentState.Absent, "boot/1/1"),
            (AgentState.Ready, "boot/1/1"), (AgentState.Ready, null), (AgentState.Ready, "boot/2/9"),
        })
            _fleet.Tell(new VmSeen(vm with { Agent = agent, Process = process }));
        await _fleet.Ask<VmList>(new ListVms());
        Assert.Equal(["boot/1/1", "boot/2/9"], _started.Select(started => started.Process));
    }

    [Fact]
    public void Whatever_is_asked_of_a_VM_without_a_channel_is_refused_with_the_reason()
    {
        Found(new UnservedVm(Bad, Obstacle));

        foreach (var asked in new IVmMessage[] { new CallAgent(Bad, "guest-ping", default, new()), new WakeVm(Bad) })
        {
            _fleet.Tell(asked);
            Assert.Equal(
                new CallReply.Refused(CallRefusal.NoAgent, "it is not there", "Start it"), ExpectMsg<CallReply.Refused>());
        }
        _fleet.Tell(Item(Bad));
        Assert.Equal(new ItemOutcome(3, 2, ItemState.Failed, "it is not there", "Start it"), Runs.ExpectMsg<ItemEnded>().Outcome);

        _fleet.Tell(Item(Bad) with { Resume = true });
        Assert.Equal(
            (ItemState.Unreachable, "it is not there"),
            Runs.ExpectMsg<ItemEnded>().Outcome is var begun ? (begun.State, begun.Reason) : default
        );

        var call = new CallAgent(Good, "guest-ping", default, new());
        _fleet.Tell(call);
        Assert.Same(call, ExpectMsg<CallAgent>());
    }

    [Fact]
    public void A_channel_that_did_not_come_asks_the_directory_what_to_say()
    {
        _fleet.Tell(new NoChannel(Item(Left)));
        Assert.Equal(ItemState.Unreachable, Runs.ExpectMsg<ItemEnded>().Outcome.State);
        _fleet.Tell(new NoChannel(new CallAgent(Left, "guest-ping", default, new())));
        Assert.Equal(CallRefusal.Unreachable, ExpectMsg<CallReply.Refused>().Why);

        Found(new UnservedVm(Left, Obstacle));
        _fleet.Tell(new NoChannel(Item(Left)));
        Assert.Equal(
            (ItemState.Failed, "it is not there"),
            Runs.ExpectMsg<ItemEnded>().Outcome is var outcome ? (outcome.State, outcome.Reason) : default
        );
    }

    private void Found(params UnservedVm[] vms) => _fleet.Tell(new VmsFound(new HostScan([], vms, [])));

    private static StartItem Item(VmId vm) =>
        new(
            vm,
            "r1",
            3,
            2,
            "backup",
            new RunOptions
            {
                MaxParallel = 1,
                MaxFailures = CountOrPercent.All,
                MaxUnreachable = CountOrPercent.All,
            },
            DateTimeOffset.UnixEpoch,
            false
        );
}

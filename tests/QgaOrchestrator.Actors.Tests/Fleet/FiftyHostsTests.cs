using System.Globalization;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using QgaOrchestrator.Actors.Fleet;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Actors.Tests.Fleet;

/// <summary>A host joins 50 others with 200 VMs each, in one process. What it is told comes as bytes.</summary>
public sealed class FiftyHostsTests() : TestKit("akka { loglevel = WARNING, stdout-loglevel = OFF }")
{
    private const int Hosts = 50, VmsOfEach = 200, LargestFrame = 128_000;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_host_that_joins_lists_all_VMs_of_fifty_and_no_message_is_near_the_frame()
    {
        var joiner = Directory("hv0");
        var sizes = new List<int>();
        var wire = Sys.ActorOf(Props.Create(() => new Wire(joiner, sizes)));
        var members = new List<HostMember> { new("hv0", HostState.Up, wire) };
        foreach (var host in Enumerable.Range(1, Hosts).Select(number => string.Create(CultureInfo.InvariantCulture, $"hv{number}")))
        {
            var directory = Directory(host);
            for (var vm = 0; vm < VmsOfEach; vm++) directory.Tell(new VmSeen(Status(host, vm)));
            directory.Tell(new MembersChanged([members[0], new HostMember(host, HostState.Up, directory)]));
            members.Add(new(host, HostState.Up, new Answering(directory, wire)));
        }
        joiner.Tell(new MembersChanged(members));

        await AwaitAssertAsync(async () =>
        {
            var vms = (await joiner.Ask<VmList>(new ListVms())).Vms;
            Assert.Equal(Hosts * VmsOfEach, vms.Count(vm => vm.Agent == AgentState.Ready));
        }, Limit, TimeSpan.FromMilliseconds(200));
        Sys.Stop(wire);
        lock (sizes) Assert.InRange(sizes.Max(), 10_000, LargestFrame / 2);
    }

    private IActorRef Directory(string host) => Sys.ActorOf(FleetActor.Props(new FleetServices
    {
        Host = host,
        Identify = id => new VmIdentity(id, null, VmIdentity.NoLabels),
        Channels = () => TestActor,
        Runs = () => TestActor,
        Started = _ => { },
        Time = TimeProvider.System,
        Epoch = new(TimeProvider.System),
        Facts = (vms, windows) => new("0.1.0", "http://x:7070", vms, windows, 0, 0, TimeProvider.System.GetUtcNow(), null),
        IsClustered = true,
    }));

    private static VmStatus Status(string host, int number) => new(
        new VmId(host, string.Create(CultureInfo.InvariantCulture, $"vm{number}")), Guid.NewGuid().ToString(),
        VmIdentity.NoLabels, AgentState.Ready);

    /// <summary>The way to the joiner: bytes, as between two nodes.</summary>
    private sealed class Wire : ReceiveActor
    {
        public Wire(IActorRef to, List<int> sizes)
        {
            var serializer = new WireSerializer((ExtendedActorSystem)Context.System);
            ReceiveAny(message =>
            {
                var bytes = serializer.ToBinary(message);
                lock (sizes) sizes.Add(bytes.Length);
                to.Tell(serializer.FromBinary(bytes, serializer.Manifest(message)), Sender);
            });
        }
    }

    /// <summary>A directory that answers over the wire.</summary>
    private sealed class Answering(IActorRef directory, IActorRef wire) : ICanTell
    {
        public void Tell(object message, IActorRef sender) => directory.Tell(message, wire);
    }
}

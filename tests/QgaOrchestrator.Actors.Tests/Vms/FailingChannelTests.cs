using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Metrics;
using QgaOrchestrator.Actors.Stores.Files;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts.Kinds;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Tests.Vms;

/// <summary>A VM's actor whose every beginning fails by a fault of ours, in virtual time.</summary>
public sealed class FailingChannelTests : TestKit
{
    private static readonly VmId Id = new("h1", "vm1");
    private readonly TempDirectory _directory = new();

    public FailingChannelTests() : base("""
        akka {
          stdout-loglevel = OFF
          loglevel = OFF
          test.single-expect-default = 60s
          scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
        }
        """)
    {
    }

    [Fact]
    public async Task A_channel_that_fails_asks_its_host_again_only_after_a_pause_that_grows()
    {
        var host = CreateTestProbe();
        var scheduler = (TestScheduler)Sys.Scheduler;
        var time = new ManualTime();
        var begun = 0;
        var vm = Sys.ActorOf(
            VmActor.Props(Services(host, time, () => begun++), new RestartPauses(time, new Random(1))), Id.Entity);
        var sockets = new VmAddress.Sockets("/none/qga.sock", null, SocketHold.Exclusive);
        var present = new VmPresent(new VmSpec(Id, HostKinds.All[0], sockets), null);

        var pauses = new List<TimeSpan>();
        for (var failures = 0; failures < 6; failures++)
        {
            await host.ExpectMsgAsync<FindVm>();
            vm.Tell(present, host);
            // It has begun anew when this is answered; what it is asked before its host has told of it waits.
            while (Volatile.Read(ref begun) == failures) await Task.Yield();
            var waited = TimeSpan.Zero;
            for (; !host.HasMessages && waited < TimeSpan.FromMinutes(1); waited += TimeSpan.FromMilliseconds(50))
            {
                await vm.Ask<ActorIdentity>(new Identify(1));
                scheduler.Advance(TimeSpan.FromMilliseconds(50));
                await vm.Ask<ActorIdentity>(new Identify(2));
            }
            pauses.Add(waited);
        }

        Assert.InRange(pauses[0], RestartPauses.Shortest * 0.75, RestartPauses.Shortest * 1.5);
        Assert.True(
            pauses.Zip(pauses.Skip(1), (earlier, later) => later > earlier).All(grows => grows), string.Join(' ', pauses));
    }

    protected override void AfterAll()
    {
        Shutdown();
        _directory.Dispose();
    }

    private VmServices Services(IActorRef host, TimeProvider time, Action begins) => new()
    {
        Time = time,
        Ledger = FreezeLedger.Open(_directory.File("ledger")),
        Limits = new FreezeLimits(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10)),
        Denied = [],
        Host = host,
        Epoch = new(time),
        Fleet = ActorRefs.Nobody,
        Runs = () => ActorRefs.Nobody,
        Metrics = new NodeMetrics(),
        Agent = _ =>
        {
            begins();
            throw new InvalidOperationException("a fault of ours");
        },
        Machine = _ => null,
        Items = (_, _, _) => throw new InvalidOperationException("no item comes so far"),
        Cuts = new CutHost(_directory.File("data"), TimeProvider.System),
        Results = new FileResults(_directory.File("results"), time),
        Passwords = null!,
        Exclude = _ => [],
        Unsettled = _ => Task.FromResult<IReadOnlySet<string>>(new HashSet<string>()),
        TargetGroup = null,
        Catalog = _ => Task.CompletedTask,
        Points = _directory.File("points"),
        Drafts = _directory.File("drafts"),
        BootId = "boot",
        IsAlive = _ => false,
        Preparing = new SemaphoreSlim(1),
        Files = TaskScheduler.Default,
    };
}

using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Metrics;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Hosts.Kinds;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Tests.Hosts;

/// <summary>The guard of one host's guests: the real actor and ledger. Windows, VMs and watchdog are the test's own.</summary>
public abstract class OneGuard : TestKit
{
    private protected static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TempDirectory _directory = new();

    private protected OneGuard()
        : base("akka { stdout-loglevel = OFF, test.single-expect-default = 60s, test.filter-leeway = 60s }")
    {
        Ledger = FreezeLedger.Open(_directory.File("led"));
        Audit = lines =>
        {
            Audited.AddRange(lines);
            return Task.CompletedTask;
        };
        Vms = CreateTestProbe();
        Window = CreateTestProbe();
    }

    protected override void AfterAll()
    {
        Shutdown(); // what the test was told may not be all that its actors still write
        Watchdog?.Dispose();
        _directory.Dispose();
    }

    private protected FreezeLedger Ledger { get; }

    private protected ManualTime Time { get; } = new();

    private protected VmSpec Vm { get; } = new(
        new VmId("h1", "vm001"), HostKinds.All[0], new VmAddress.Sockets("/nowhere/qga.sock", null, SocketHold.Exclusive));

    private protected TestProbe Vms { get; }

    private protected TestProbe Window { get; }

    private protected List<AuditEntry> Audited { get; } = [];

    private protected Func<IReadOnlyList<AuditEntry>, Task> Audit { get; set; }

    private protected FakeWatchdog? Watchdog { get; private set; }

    private protected IActorRef Host { get; private set; } = ActorRefs.Nobody;

    private protected async Task OpenAsync(string window)
    {
        await BeginGuardedAsync();
        Host.Tell(new OpenEntry(Entry(window)), Window);
        Window.ExpectMsg<EntryOpened>();
    }

    private protected async Task BeginGuardedAsync()
    {
        Watchdog = new FakeWatchdog(Ledger);
        var beat = Watchdog.NextBeat();
        Begin(guarded: true);
        await beat.WaitAsync(Limit);
    }

    private protected void Begin(bool guarded, bool discovers = true)
    {
        var services = new HostServices
        {
            Time = Time,
            Ledger = Ledger,
            Fleet = ActorRefs.Nobody,
            Scan = () => new([Vm], [], []),
            Watchdog = stop => guarded
                ? WatchdogClient.ConnectAsync(Ledger, TimeProvider.System, stop)
                : Task.FromException<WatchdogClient>(new WatchdogException("nobody listens") { Remedy = "systemctl start it" }),
            Name = "h1",
            Audit = lines => Audit(lines),
            Metrics = new NodeMetrics(),
            Discovered = new TaskCompletionSource(),
        };
        Host = Sys.ActorOf(Props.Create(() => new HostActor(services)));
        if (discovers) Host.Tell(new BeginDiscovery(Vms));
    }

    private protected static LedgerEntry Entry(string window)
    {
        var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new LedgerEntry(
            "vm001", null, "/nowhere/qga.sock", SocketHold.Exclusive, null, "boot", "r1", 0, 1, window, LedgerPhase.Opening,
            at, at.AddSeconds(40), new WindowFacts());
    }
}

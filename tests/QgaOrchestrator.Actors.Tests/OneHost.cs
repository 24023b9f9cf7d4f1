using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Metrics;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Stores.Files;
using QgaOrchestrator.Actors.Stores.Sqlite;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Passwords;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Hosts.Kinds;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Actors.Tests;

/// <summary>
/// One host as the node builds it, in front of one simulated VM: the real actors of host and VM, the real ledger and
/// sockets. Fleet, runs and watchdog are the test's own.
/// </summary>
public abstract class OneHost : TestKit, IAsyncLifetime
{
    /// <summary>For what a loaded machine may take; a healthy run takes milliseconds.</summary>
    protected static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    protected static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly TempDirectory _directory = new();
    private int _lives;
    private PasswordServices? _passwords;

    protected OneHost() : base("akka { loglevel = WARNING, stdout-loglevel = OFF, test.single-expect-default = 60s }")
    {
    }

    protected VmId Id { get; } = new("h1", "vm001");

    protected SimulatedVm Vm { get; private set; } = null!;

    protected SimulatedFleet Simulated { get; private set; } = null!;

    protected FreezeLedger Ledger { get; private set; } = null!;

    private protected FakeWatchdog Watchdog { get; private set; } = null!;

    protected TestProbe Fleet { get; private set; } = null!;

    protected TestProbe Runs { get; private set; } = null!;

    /// <summary>Where <see cref="Runs"/> are reached.</summary>
    protected IActorRef RunsRegion { get; set; } = ActorRefs.Nobody;

    protected IActorRef Host { get; private set; } = null!;

    /// <summary>Stands for the region of VMs.</summary>
    protected IActorRef Vms { get; private set; } = null!;

    /// <summary>Short ones where a test wants them to pass.</summary>
    protected FreezeLimits Limits { get; set; } = new(Long, Long);

    /// <summary>The kinds of run that the host knows.</summary>
    protected virtual RunKinds Kinds => RunKinds.Known;

    /// <summary>What the simulated VM is like.</summary>
    protected virtual FleetOptions Options => new();

    /// <summary>False: the simulated QEMU's process counts as ended. (It is this one.)</summary>
    protected bool QemuRuns { get; set; } = true;

    protected HostDrain Drain { get; } = new(null);

    protected HostEpoch Epoch { get; } = new(TimeProvider.System);

    protected Func<RecoveryPoint, Task> Catalog { get; set; } = _ => Task.CompletedTask;

    protected string Points => _directory.File("points");

    protected IResults Results => new FileResults(_directory.File("results"), TimeProvider.System);

    /// <summary>The escrow, with one recipient whose key is <see cref="EscrowKeys"/>.</summary>
    protected PasswordServices Passwords => _passwords ??= new(
        SqliteTables.Escrow(new(_directory.File("escrow.db"))), new EscrowKeys(), new(() => CryptLibrary.Load()));

    protected LedgerEntry? Entry => Ledger.Read(Id.Name);

    public Task InitializeAsync()
    {
        Simulated = new SimulatedFleet(_directory.File("vms"), 1, Options);
        Vm = Simulated.Vms[0];
        Ledger = FreezeLedger.Open(_directory.File("led"));
        Watchdog = new FakeWatchdog(Ledger);
        Fleet = CreateTestProbe("fleet");
        Runs = CreateTestProbe("runs");
        RunsRegion = Runs.Ref;
        return Task.CompletedTask;
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        Shutdown();
        Watchdog.Dispose();
        if (_passwords is not null) await _passwords.Escrow.DisposeAsync();
        await Simulated.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>Starts host and VM, and waits until the guest has told of itself and the watchdog guards.</summary>
    protected async Task<VmStatus> StartAsync()
    {
        var beat = Watchdog.NextBeat();
        Begin();
        var seen = SeeVm(
            vm => vm is { Agent: AgentState.Ready, RunState: not null } && (vm.Frozen || vm.Inventory is { OsId: not null }));
        await beat.WaitAsync(Limit);
        return seen;
    }

    /// <summary>Starts host and VM, and waits for nothing.</summary>
    protected void Begin()
    {
        var life = ++_lives;
        Host = Sys.ActorOf(Props.Create(() => new HostActor(HostServices())), $"host-{life}");
        var vm = VmActor.Props(VmServices(), new RestartPauses(TimeProvider.System, new Random(1)));
        Vms = Sys.ActorOf(Props.Create(() => new Region(vm)), $"vms-{life}");
        Host.Tell(new BeginDiscovery(Vms));
    }

    /// <summary>The node's process ends where it stands: nobody is asked, nothing is finished.</summary>
    protected async Task CrashAsync()
    {
        await Task.WhenAll(Host.GracefulStop(Limit, Kill.Instance), Vms.GracefulStop(Limit, Kill.Instance));
    }

    /// <summary>The node's actors end in order.</summary>
    protected async Task StopAsync()
    {
        await Task.WhenAll(Host.GracefulStop(Limit), Vms.GracefulStop(Limit));
    }

    protected VmStatus SeeVm(Predicate<VmStatus> wanted) =>
        Fleet.FishForMessage<VmSeen>(seen => wanted(seen.Status), Limit).Status;

    protected Task<CallReply> CallAsync(string command, string arguments = "", CallOptions? options = null) =>
        Vms.Ask<CallReply>(new CallAgent(Id, command, System.Text.Encoding.UTF8.GetBytes(arguments), options ?? new()), Limit);

    protected StartItem Item(Consistency consistency = Consistency.Require, string run = "r1", bool resume = false) =>
        new(
            Id,
            run,
            0,
            1,
            BackupKind.Name,
            new BackupOptions("full", null, consistency, null).In(new RunOptions
            {
                MaxParallel = 50,
                MaxFailures = CountOrPercent.All,
                MaxUnreachable = CountOrPercent.All,
            }),
            new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero),
            resume
        );

    protected void Order(StartItem item) => Vms.Tell(item);

    /// <summary>How the item ended, told to its run; the run then says that it has journalled it.</summary>
    protected ItemOutcome Outcome(StartItem item)
    {
        var ended = Runs.FishForMessage<ItemEnded>(end => end.Run == item.Run, Limit);
        Vms.Tell(new ItemJournalled(Id, item.Run, ended.Outcome.Item, ended.Outcome.Attempt));
        return ended.Outcome;
    }

    protected ItemOutcome Run(StartItem item)
    {
        Order(item);
        return Outcome(item);
    }

    /// <summary>No node, no job of ours in QEMU, and no image without its point.</summary>
    protected void NothingIsLeft()
    {
        Assert.Empty(Vm.Blocks.Leftovers);
        Assert.Empty(Vm.Jobs.All);
        Assert.Empty(Files());
    }

    protected IReadOnlyList<string> Files() =>
        Directory.Exists(Points)
            ? [.. Directory.EnumerateFiles(Points, "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order()!]
            : [];

    /// <summary>All files that the node keeps: not those of the simulated VMs.</summary>
    protected IReadOnlyList<string> NodeFiles() =>
    [
        .. Directory.EnumerateFiles(_directory.Path, "*", SearchOption.AllDirectories)
            .Where(path => !path.StartsWith(_directory.File("vms") + "/", StringComparison.Ordinal))
            .Where(path => Path.GetExtension(path) is not (".lock" or ".sock")),
    ];

    /// <summary>Waits for the ledger's entry to be as wanted, told by the directory's events.</summary>
    protected async Task<LedgerEntry?> EntryAsync(Predicate<LedgerEntry?> wanted)
    {
        var found = new TaskCompletionSource<LedgerEntry?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var events = new FileSystemWatcher(Ledger.Directory);
        events.Renamed += (_, _) => Look();
        events.Deleted += (_, _) => Look();
        events.EnableRaisingEvents = true;
        Look();
        return await found.Task.WaitAsync(Limit);

        void Look()
        {
            if (Entry is var entry && wanted(entry)) found.TrySetResult(entry);
        }
    }

    /// <summary>The agent of what discovery has found.</summary>
    private protected virtual IAgent AgentOf(VmSpec vm) => vm.Kind.Agent(vm.Address, TimeProvider.System, new Random(1));

    /// <summary>What discovery finds on the host.</summary>
    private protected virtual HostScan Scan() =>
        new(File.Exists(Vm.AgentPath) ? [SpecAt(Vm.AgentPath)] : [], [], []);

    /// <summary>What host and VM have counted.</summary>
    protected NodeMetrics Metrics { get; } = new();

    private HostServices HostServices() => new()
    {
        Metrics = Metrics,
        Time = TimeProvider.System,
        Ledger = Ledger,
        Fleet = Fleet.Ref,
        Scan = Scan,
        Watchdog = stop => WatchdogClient.ConnectAsync(Ledger, TimeProvider.System, stop),
        Name = Id.Host,
        Drain = Drain,
        Audit = lines =>
        {
            lock (Audited) Audited.AddRange(lines);
            return Task.CompletedTask;
        },
        Discovered = new TaskCompletionSource(),
    };

    /// <summary>What the host told the audit log.</summary>
    private protected List<AuditEntry> Audited { get; } = [];

    /// <summary>The VM's disks that its owner leaves out.</summary>
    protected IReadOnlyList<string> Excluded { get; set; } = [];

    /// <summary>The hashes of the attempts that their runs have not settled.</summary>
    protected HashSet<string> Unsettled { get; } = [CutNames.For("r1", 0, 1).Hash];

    /// <summary>What the host's policy denies.</summary>
    protected IReadOnlyList<string> Denied { get; set; } = ["guest-shutdown"];

    /// <summary>The VM with its agent's socket at this path.</summary>
    protected VmSpec SpecAt(string agent) =>
        new(Id, HostKinds.All[0], new VmAddress.Sockets(agent, Vm.MonitorPath, SocketHold.Exclusive));

    private VmServices VmServices() => new()
    {
        Metrics = Metrics,
        Time = TimeProvider.System,
        Ledger = Ledger,
        Limits = Limits,
        Denied = Denied,
        Host = Host,
        Epoch = Epoch,
        Drain = Drain,
        Fleet = Fleet.Ref,
        Runs = () => RunsRegion,
        Agent = AgentOf,
        Machine = vm => vm.Kind.Machine(vm.Address, TimeProvider.System),
        Cuts = new CutHost(Points, TimeProvider.System),
        Exclude = _ => Excluded,
        Unsettled = _ => Task.FromResult<IReadOnlySet<string>>(Unsettled),
        Items = (services, spec, monitor) => ItemsActor.Props(services, spec, monitor, Kinds.All),
        Results = Results,
        Passwords = Passwords,
        TargetGroup = null,
        Catalog = point => Catalog(point),
        Points = Points,
        Drafts = _directory.File("drafts"),
        BootId = HostProcesses.BootId(),
        IsAlive = process => QemuRuns && HostProcesses.IsRunning(process),
        Preparing = new SemaphoreSlim(1),
        Files = TaskScheduler.Default,
    };

    /// <summary>Starts a VM's actor when the first message for it comes, as a shard does.</summary>
    private sealed class Region : ReceiveActor
    {
        public Region(Props props) => Receive<IVmMessage>(m => Child(m.Vm, props).Forward(m));

        private static IActorRef Child(VmId vm, Props props) =>
            Context.Child(vm.Entity) is { } child && !child.IsNobody() ? child : Context.ActorOf(props, vm.Entity);
    }
}

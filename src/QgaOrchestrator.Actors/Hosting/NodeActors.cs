using Akka.Actor;
using Akka.Cluster;
using Akka.Hosting;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Fleet;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Metrics;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Actors.Passwords;
using QgaOrchestrator.Actors.Runs;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Views;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>This node's actors: who gets what, in the order in which they start.</summary>
public sealed class NodeActors(
    QgadOptions options,
    IViews views,
    IResults results,
    PasswordServices passwords,
    StartedVms started,
    SecretSpool secrets,
    AuditKeeper audit,
    RowKeeper rows,
    RunKinds kinds,
    NodeMetrics metrics,
    HostDrain drain,
    CertificateEnds certificates,
    TimeProvider time,
    ILogger<NodeActors> log
) : INodeActors
{
    /// <summary>Images that are summed at once: it is disk work, and two saturate a disk.</summary>
    private const int FilesAtOnce = 2;

    /// <summary>One for each processor, and one that waits for its QEMU meanwhile.</summary>
    private static readonly int PreparedAtOnce = Environment.ProcessorCount + 1;

    private const int RunsAtOnce = 200;

    private readonly HostEpoch _epoch = new(time);
    private readonly TaskCompletionSource _discovered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IActorRef _host = ActorRefs.Nobody;
    private int _runsHere;

    private volatile IReadOnlyList<SourceFault> _faults = [];

    public Task Discovered => _discovered.Task;

    public IReadOnlyList<SourceFault> Faults => _faults;

    internal IActorRef Vms { get; private set; } = ActorRefs.Nobody;

    internal IActorRef Runs { get; private set; } = ActorRefs.Nobody;

    internal IActorRef Fleet { get; private set; } = ActorRefs.Nobody;

    internal ActorSystem System { get; private set; } = null!;

    public async Task StartAsync(ActorSystem system, IActorRegistry registry)
    {
        System = system;
        await ForgetSecretsAsync();
        var ledger = FreezeLedger.Open(options.Freeze.Ledger);
        var fleet = new FleetFileWatch(options.Fleet.File, log);
        var cluster = Cluster.Get(system);
        var scan = new FleetScan(options.Node.Host, options.Fleet.Sources, "/",
            host => cluster.State.Members.Any(member => member.HasRole(HostRoles.Of(host))));
        var pauses = new RestartPauses(time, new Random(Environment.ProcessId));
        Fleet = system.ActorOf(FleetActor.Props(FleetServices(fleet)), FleetActor.Name);
        if (options.Cluster.Seeds.Count > 0) system.ActorOf(ActorProps.Of(() => new MemberWatch(Fleet)), "members");

        // The guard of freezes is up before a region accepts work. It starts VMs when their region is there.
        _host = system.ActorOf(
            ActorProps
                .Of(() => new HostActor(HostServices(ledger, fleet, scan)))
                .WithDispatcher(ClusterExtensions.Dispatchers.Host),
            "host"
        );
        Vms = await StartVmsAsync(cluster, VmActor.Props(VmServices(ledger, fleet), pauses));
        Runs = await Regions.StartRunsAsync(system, RunKeeper.Props(RunActor.Props(new RunServices
        {
            Time = time,
            Vms = Fleet,
            Hosts = Fleet,
            Spread = options.Freeze.Spread,
            Kind = kinds.Find,
            Host = options.Node.Host,
            Audit = audit.KeepAsync,
            Metrics = metrics,
            Keep = rows.KeepAsync,
            Secrets = secrets.Read,
            ForgetSecrets = secrets.Forget,
        }), pauses, change => Interlocked.Add(ref _runsHere, change)));
        _host.Tell(new BeginDiscovery(Vms));
        system.ActorOf(
            ActorProps.Of(() => new TidyingActor(
                options.Fleet.Sources, options.Cuts(time), vm => UnsettledAsync(new VmId(options.Node.Host, vm)))),
            "tidying");
    }

    private async Task<IActorRef> StartVmsAsync(Cluster cluster, Props vm)
    {
        var region = await Regions.StartVmsAsync(System, vm);
        if (options.Cluster.Seeds.Count == 0) return region;
        // Asks for the home of this host's shard, by no VM's name: the first VM may come when the cluster does not answer, and
        // its guest may be frozen.
        region.Tell(new VmGone(new VmId(options.Node.Host, "-nobody-")));
        var route = System.ActorOf(ActorProps.Of(() => new VmRoute(region, vm, _host)), "vms");
        cluster.RegisterOnMemberUp(() => route.Tell(new VmRoute.Joined()));
        return route;
    }

    public async Task CloseWindowsAsync()
    {
        if (_host.IsNobody()) return;
        await _host.Ask<WindowsClosed>(new CloseWindows("this node is stopping"), TimeSpan.FromSeconds(25));
    }

    private FleetServices FleetServices(FleetFileWatch fleet) => new()
    {
        Host = options.Node.Host,
        Identify = fleet.Identify,
        Channels = () => Vms,
        Runs = () => Runs,
        Started = started.Add,
        Time = time,
        Facts = (vms, windows) => new HostFacts(
            NodeVersion.Text, options.Node.Api.ToString(), vms, Math.Max(windows, drain.Windows), _runsHere,
            ProcessorLoad.Now(), time.GetUtcNow(), fleet.Sum)
        {
            Drain = drain.State,
            Items = drain.Items,
            // Files of this host, read at once.
            Recipients = RecipientSum.OfAsync(passwords) is { IsCompletedSuccessfully: true } sum ? sum.Result : null,
            CertificateEnds = certificates.First,
        },
        Drains = () => drain.IsOn,
        Epoch = _epoch,
        IsClustered = options.Cluster.Seeds.Count > 0,
    };

    private HostServices HostServices(FreezeLedger ledger, FleetFileWatch fleet, FleetScan scan) => new()
    {
        Time = time,
        Ledger = ledger,
        Fleet = Fleet,
        Drain = drain,
        Scan = () =>
        {
            var found = scan.Find(fleet.Read());
            _faults = [.. found.Faults, .. fleet.Faults];
            return found with { Faults = _faults };
        },
        Watchdog = stop => WatchdogLauncher.EnsureAsync(ledger, time, stop, SystemdUnit.OfThisProcess()),
        Name = options.Node.Host,
        Audit = audit.KeepAsync,
        Metrics = metrics,
        Discovered = _discovered,
    };

    private VmServices VmServices(FreezeLedger ledger, FleetFileWatch fleet) => new()
    {
        Time = time,
        Ledger = ledger,
        Limits = new FreezeLimits(options.Freeze.Timeout, options.Freeze.Lease),
        Denied = options.Policy.Deny,
        Host = _host,
        Epoch = _epoch,
        Drain = drain,
        Fleet = Fleet,
        Runs = () => Runs,
        Agent = vm => vm.Kind.Agent(
            vm.Address, time, new Random(StringComparer.Ordinal.GetHashCode(vm.Id.Entity) ^ Environment.ProcessId)),
        Machine = vm => vm.Kind.Machine(vm.Address, time),
        Cuts = options.Cuts(time),
        Exclude = fleet.Excluded,
        Items = (services, spec, monitor) => ItemsActor.Props(services, spec, monitor, kinds.All),
        Results = results,
        Passwords = passwords,
        Unsettled = UnsettledAsync,
        TargetGroup = options.Node.TargetGroup,
        Catalog = rows.KeepAsync,
        Points = Path.Combine(options.Node.DataDirectory, "points"),
        Drafts = Path.Combine(options.Node.DataDirectory, "drafts"),
        BootId = HostProcesses.BootId(),
        IsAlive = HostProcesses.IsRunning,
        Metrics = metrics,
        Preparing = new SemaphoreSlim(PreparedAtOnce),
        Files = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, FilesAtOnce).ConcurrentScheduler,
    };

    /// <summary>Of runs that ended when their file could not be removed. Whose run is not known may just not be in the
    /// views.</summary>
    private async Task ForgetSecretsAsync()
    {
        try
        {
            foreach (var run in secrets.Runs())
                if (await views.GetRunAsync(run) is { EndedAt: not null }) secrets.Forget(run);
        }
        catch (StoreException e) when (e.IsAway)
        {
            // The next start finds them.
        }
    }

    /// <summary>Asks every run that has not ended. One that does not answer leaves the question open: an exception is
    /// thrown.</summary>
    private async Task<IReadOnlySet<string>> UnsettledAsync(VmId vm)
    {
        var hashes = new HashSet<string>();
        ViewCursor? after = null;
        do
        {
            var page = await views.ListRunsAsync(RunsAtOnce, after);
            foreach (var run in page.Items.Where(run => run.EndedAt is null))
            {
                var found = await Runs.Ask<UnsettledAttempts>(new FindUnsettled(run.Id, vm), TimeSpan.FromSeconds(10));
                hashes.UnionWith(found.Items.Select(item => CutNames.For(run.Id, item.Item, item.Attempt).Hash));
            }
            after = page.Next;
        }
        while (after is not null);
        return hashes;
    }
}

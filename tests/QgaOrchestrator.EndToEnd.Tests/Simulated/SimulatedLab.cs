using System.Text.Json.Nodes;
using QgaOrchestrator.Api;
using QgaOrchestrator.Api.Client;
using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.EndToEnd.Tests.RealVms;
using QgaOrchestrator.Lab;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.EndToEnd.Tests.Simulated;

/// <summary>
/// A fleet of simulated VMs in this process, and qgad with its watchdog as processes of their own on the VMs' sockets. The
/// fleet's journal records what happened to the guests, independently of the node. With <c>QGA_LAB_KEEP=1</c> the folder stays,
/// and holds the journal.
/// </summary>
internal sealed class SimulatedLab : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _folder;

    /// <summary>Not null: the node is not ours alone.</summary>
    private readonly LinkedNode? _shared;

    private SimulatedLab(string folder, SimulatedFleet fleet, LinkedNode? shared = null) =>
        (_folder, Fleet, _shared) = (folder, fleet, shared);

    public SimulatedFleet Fleet { get; }

    /// <summary>The host of the VMs, where it is one of Proxmox's.</summary>
    public FakeProxmox? Proxmox { get; private set; }

    public NodeProcess Node { get; private set; } = null!;

    public QgaClient Client { get; private set; } = null!;

    /// <summary>The name of the n-th VM, from 1.</summary>
    public string Vm(int number) => Fleet.Vms[number - 1].Name;

    public string Restored => Path.Combine(_folder, "restored");

    public string Points => Path.Combine(Node.Data, "points");

    public FreezeLedger Ledger => FreezeLedger.At(Node.Ledger);

    /// <summary>The process that watches, null while there is none.</summary>
    public int? Watchdog => Node.Watchdog;

    /// <summary>The lines that watchdogs of this lab have written so far, each with its time in front.</summary>
    public string[] WatchdogSaid =>
        File.Exists(WatchdogLauncher.LogOf(Ledger)) ? File.ReadAllLines(WatchdogLauncher.LogOf(Ledger)) : [];

    /// <summary>The node is up when this returns; agents are ready a moment later.</summary>
    /// <param name="vms">How many.</param>
    /// <param name="options">Of the fleet.</param>
    /// <param name="faults">Put on the fleet before the node sees it.</param>
    /// <param name="settings">Further options of the node, such as --Freeze:Lease=00:00:02.</param>
    public static Task<SimulatedLab> StartAsync(
        int vms, FleetOptions? options = null, Action<SimulatedFleet>? faults = null, params string[] settings)
    {
        var lab = New(vms, options);
        faults?.Invoke(lab.Fleet);
        return lab.StartNodeAsync(settings);
    }

    /// <summary>The same on a Proxmox host: the VMs are 100, 101, ..., and <see cref="Proxmox"/> is their host.</summary>
    public static Task<SimulatedLab> OnProxmoxAsync(int vms, bool takesLock = true, params string[] settings)
    {
        var lab = New(vms, new() { Name = number => $"{100 + number}", CopyTime = TimeSpan.FromMilliseconds(500) });
        var proxmox = lab.Proxmox = new FakeProxmox(Path.Combine(lab._folder, "pve"));
        foreach (var vm in lab.Fleet.Vms)
        {
            proxmox.Write(100 + vm.Number, $"name: vm{vm.Number}\ntags: prod\n");
            proxmox.Start(100 + vm.Number, vm);
        }
        return lab.StartNodeAsync(
            settings,
            new Dictionary<string, string>
            {
                ["PATH"] = $"{Path.GetDirectoryName(proxmox.Qm)}:{Environment.GetEnvironmentVariable("PATH")}",
            },
            new { Kind = "proxmox", proxmox.Config, proxmox.Sockets, Lock = takesLock });
    }

    /// <summary>A fleet for a node that others use too; it sees none of it yet.</summary>
    /// <param name="shared">The node.</param>
    /// <param name="node">Its process.</param>
    /// <param name="folder">Of this lab; there is none yet.</param>
    /// <param name="vms">How many.</param>
    /// <param name="options">Of the fleet, with names that no other lab of this node has.</param>
    public static SimulatedLab Sharing(LinkedNode shared, NodeProcess node, string folder, int vms, FleetOptions options) =>
        new(Directory.CreateDirectory(folder).FullName, new SimulatedFleet(Path.Combine(folder, "vms"), vms, options), shared)
        {
            Node = node,
            Client = node.Client(),
        };

    private static SimulatedLab New(int vms, FleetOptions? options)
    {
        var folder = Directory.CreateTempSubdirectory("qga-e2e-").FullName;
        return new SimulatedLab(folder, new SimulatedFleet(Path.Combine(folder, "vms"), vms, options));
    }

    private string NodeFolder => Path.Combine(_folder, "node");

    private async Task<SimulatedLab> StartNodeAsync(
        string[] settings, IReadOnlyDictionary<string, string>? environment = null, object? source = null)
    {
        try
        {
            Node = await NodeProcess.StartAsync(NodeFolder, Path.Combine(_folder, "vms"), settings, environment, source);
            Client = Node.Client();
            return this;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async Task<Dictionary<string, Vm>> VmsAsync() => (await ListAsync(Client.ListVmsAsync())).ToDictionary(vm => vm.Name);

    public Task WaitForReadyAsync(int count) => Poll.ForAsync($"{count} ready agents", Limit, async () =>
        (await VmsAsync()).Values.Count(vm => vm.Agent.State == AgentStates.Ready) == count ? "ready" : null);

    public async Task<string> StartBackupAsync(JsonObject? options = null, string? select = null) =>
        (await Client.StartRunAsync(new RunRequest(BackupKind.Name, select, options))).Id;

    /// <summary>Asks for a backup of a node that may end before it has answered: then its run is known when it is back.</summary>
    /// <returns>Asks for the run's id.</returns>
    public Func<Task<string>> BeginBackup(JsonObject? options = null)
    {
        var asked = StartBackupAsync(options);
        return async () =>
        {
            try
            {
                return await asked;
            }
            catch (NodeUnreachableException)
            {
                return (await ListAsync(Client.ListRunsAsync()))[0].Id;
            }
        };
    }

    public Task<Run> EndOfAsync(string run) => Node.WaitForRunAsync(run);

    public async Task<(Run Run, Dictionary<string, ItemStatus> Items)> BackupAsync(
        JsonObject? options = null, string? select = null)
    {
        var id = await StartBackupAsync(options, select);
        var run = await EndOfAsync(id);
        return (run, await ItemsAsync(id));
    }

    public async Task<Dictionary<string, ItemStatus>> ItemsAsync(string run) =>
        (await ListAsync(Client.ListRunItemsAsync(run))).ToDictionary(item => item.Vm.Split('/')[^1]);

    /// <summary>The recovery points of this lab's VMs.</summary>
    public async Task<List<Point>> PointsAsync() =>
    [
        .. (await ListAsync(Client.ListPointsAsync()))
            .Where(point => Fleet.Vms.Any(vm => vm.Name == point.Vm.Split('/')[^1])),
    ];

    public static async Task<IReadOnlyList<T>> ListAsync<T>(IAsyncEnumerable<T> items)
    {
        List<T> list = [];
        await foreach (var item in items) list.Add(item);
        return list;
    }

    /// <summary>Signals the node inside the very instant of the n-th such fact: whatever was frozen then is frozen
    /// still.</summary>
    public Task<Fact> SignalAt(int signal, int nth, Func<Fact, bool> wanted) => At(nth, wanted, () => Node.Signal(signal));

    /// <summary>Does this inside the very instant of the n-th such fact; it must not ask a VM, whose locks are held
    /// then.</summary>
    public Task<Fact> At(int nth, Func<Fact, bool> wanted, Action act)
    {
        var done = new TaskCompletionSource<Fact>(TaskCreationOptions.RunContinuationsAsynchronously);
        var seen = 0;
        Fleet.Journal.Written = fact =>
        {
            if (seen == nth || !wanted(fact) || ++seen < nth) return;
            act();
            done.SetResult(fact);
        };
        return done.Task.WaitAsync(Limit);
    }

    /// <summary>No guest is frozen, and the ledger proves it for each.</summary>
    public Task WaitForThawAsync() => Poll.UntilAsync("thaw of all guests", Limit, () =>
        Fleet.FrozenNow == 0 && Ledger.ReadAll().Entries.All(entry => entry.Phase == LedgerPhase.Thawed));

    /// <summary>Nothing of ours is left in any QEMU, in the ledger, or in the target, except for whole points.</summary>
    public async Task AssertNothingLeftAsync(int points)
    {
        await Poll.UntilAsync("empty ledger", Limit, () => Ledger.ReadAll().Entries.Count == 0);
        Assert.Equal(0, Fleet.FrozenNow);
        Assert.Empty(Fleet.Vms.SelectMany(vm => vm.Blocks.Leftovers.Select(left => $"{vm.Name}: {left}")));
        Assert.Empty(Fleet.Vms.SelectMany(vm => Directory.GetFiles(vm.Directory, "q-*")));
        Assert.Empty(Fleet.Vms.SelectMany(vm => vm.Jobs.All.Select(job => $"{vm.Name}: {job.Id} {job.Status}")));
        var found = Directory.Exists(Points)
            ? Directory.GetDirectories(Points).Where(IsOurs).SelectMany(Directory.GetDirectories).ToList()
            : [];
        Assert.All(found, point =>
            Assert.Equal(
                ["0.qcow2", "1.qcow2", .. Proxmox is null ? Array.Empty<string>() : ["machine"], "point.json"],
                Directory.GetFileSystemEntries(point).Select(Path.GetFileName).Order(StringComparer.Ordinal)
            )
        );
        Assert.Equal(points, found.Count);
    }

    /// <summary>A shared node has points of other labs' VMs, too, and nothing of theirs is looked at here.</summary>
    private bool IsOurs(string pointsOfVm) =>
        _shared is null || Fleet.Vms.Any(vm => pointsOfVm.EndsWith($"~{vm.Name}", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        if (_shared is not null)
        {
            Client.Dispose();
            _shared.Hide(Fleet.Vms.Select(vm => vm.Directory));
        }
        else if (Node is not null)
        {
            Client?.Dispose();
            await Node.DisposeAsync();
            if (Watchdog is { } watchdog) HostProcess.Signal(watchdog, HostProcess.SigKill);
        }
        await Fleet.DisposeAsync();
        if (Environment.GetEnvironmentVariable("QGA_LAB_KEEP") == "1")
            await File.WriteAllLinesAsync(Path.Combine(_folder, "facts"), Fleet.Journal.All.Select(fact => fact.ToString()));
        else
            Directory.Delete(_folder, recursive: true);
    }
}

using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Watchdog.Tests;

/// <summary>A host of simulated VMs with a ledger; its watchdog is the real executable.</summary>
internal sealed class Host : IAsyncDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(30);
    private readonly string _directory = Directory.CreateTempSubdirectory("qga").FullName;

    internal Host(int vms = 1)
    {
        Fleet = new SimulatedFleet(Path.Combine(_directory, "vms"), vms);
        Ledger = FreezeLedger.Open(Path.Combine(_directory, "led"));
    }

    internal SimulatedFleet Fleet { get; }

    internal FreezeLedger Ledger { get; }

    internal SimulatedVm Vm => Fleet.Vms[0];

    /// <summary>Starts qga-watchdog and waits until it listens.</summary>
    internal async Task<ChildProcess> WatchAsync()
    {
        var watchdog = new ChildProcess("qga-watchdog", $"--Freeze:Ledger={Ledger.Directory}");
        await watchdog.SaysAsync("watching");
        return watchdog;
    }

    internal async Task<ChildProcess> NodeAsync(params string[] locked)
    {
        var node = new ChildProcess("fake-node", [Ledger.Directory, .. locked]);
        await node.SaysAsync("connected");
        return node;
    }

    internal Task<WatchdogClient> ConnectAsync() =>
        WatchdogClient.ConnectAsync(Ledger, TimeProvider.System, CancellationToken.None);

    /// <summary>The guest is frozen, and the ledger names it.</summary>
    /// <param name="due">From now on to its deadline, or since.</param>
    internal LedgerEntry Freeze(SimulatedVm vm, QemuProcess? qemu = null, TimeSpan? due = null)
    {
        var frozen = vm.Guest.FreezeBySomebodyElse();
        var now = TimeProvider.System.GetUtcNow();
        var entry = new LedgerEntry(vm.Name, vm.Uuid.ToString(), vm.AgentPath, SocketHold.Exclusive, qemu, HostProcesses.BootId(),
            "run", 0, 0, $"w-{vm.Name}", LedgerPhase.Frozen, now, now + (due ?? TimeSpan.FromSeconds(10)), new WindowFacts { Frozen = frozen });
        Ledger.Write(entry);
        return entry;
    }

    /// <summary>Waits for the entry to be as wanted, told by the directory's events.</summary>
    internal Task<LedgerEntry> EntryAsync(string vm, Func<LedgerEntry, bool> wanted) =>
        SeenAsync(() => Ledger.Read(vm) is { } entry && wanted(entry) ? entry : null);

    /// <summary>Waits for something in the ledger's directory, or its log.</summary>
    internal async Task<T> SeenAsync<T>(Func<T?> look) where T : class
    {
        var found = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (look() is { } seen)
                found.TrySetResult(seen);
        }
        using var events = new FileSystemWatcher(Ledger.Directory);
        events.Renamed += (_, _) => Look();
        events.Changed += (_, _) => Look();
        events.EnableRaisingEvents = true;
        Look();
        return await found.Task.WaitAsync(_limit);
    }

    internal Task<LedgerEntry> ThawedAsync(SimulatedVm vm) => EntryAsync(vm.Name, entry => entry.Phase == LedgerPhase.Thawed);

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}

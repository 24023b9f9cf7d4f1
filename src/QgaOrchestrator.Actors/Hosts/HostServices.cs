using Akka.Actor;
using QgaOrchestrator.Actors.Metrics;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Ledger.Watchdog;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>What a host's actor is given.</summary>
public sealed record HostServices
{
    public required TimeProvider Time { get; init; }

    public required FreezeLedger Ledger { get; init; }

    /// <summary>The directory of VMs.</summary>
    public required IActorRef Fleet { get; init; }

    /// <summary>Looks for all VMs of this host; called twice a second, off the host's own thread.</summary>
    public required Func<HostScan> Scan { get; init; }

    /// <summary>Connects to the watchdog, and starts one where there is none.</summary>
    public required Func<CancellationToken, Task<WatchdogClient>> Watchdog { get; init; }

    /// <summary>Whether this host is being emptied.</summary>
    public HostDrain Drain { get; init; } = new(null);

    /// <summary>This host's name.</summary>
    public required string Name { get; init; }

    /// <summary>Tells the audit log what has happened. Never fails; done when it is on disk.</summary>
    public required Func<IReadOnlyList<AuditEntry>, Task> Audit { get; init; }

    public required NodeMetrics Metrics { get; init; }

    /// <summary>Completed after the first scan.</summary>
    public required TaskCompletionSource Discovered { get; init; }
}

using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Metrics;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Processes;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>What a VM's actor is given: how to reach its guest and its QEMU, and the actors that it talks to.</summary>
public sealed record VmServices
{
    public required TimeProvider Time { get; init; }

    public required FreezeLedger Ledger { get; init; }

    public required FreezeLimits Limits { get; init; }

    /// <summary>Agent commands that this host never sends for a caller, whoever asks.</summary>
    public required IReadOnlyList<string> Denied { get; init; }

    /// <summary>Whether this host is being emptied.</summary>
    public HostDrain Drain { get; init; } = new(null);

    /// <summary>This process of the node.</summary>
    public required HostEpoch Epoch { get; init; }

    /// <summary>The <see cref="HostActor"/>: ledger and limits.</summary>
    public required IActorRef Host { get; init; }

    /// <summary>The fleet's directory.</summary>
    public required IActorRef Fleet { get; init; }

    /// <summary>The region of runs. Asked for at each message: a VM may be started from another node before this one's region is
    /// up, and what is told meanwhile is told again.</summary>
    public required Func<IActorRef> Runs { get; init; }

    public required Func<VmSpec, IAgent> Agent { get; init; }

    public KnownAgents Agents { get; } = new();

    /// <summary>Null for a VM without a monitor.</summary>
    public required Func<VmSpec, IMachine?> Machine { get; init; }

    /// <summary>What cuts on this host are made of, the same for all VMs.</summary>
    public required CutHost Cuts { get; init; }

    /// <summary>The disks of a VM that its owner leaves out, each by one of its names.</summary>
    public required Func<VmId, IReadOnlyList<string>> Exclude { get; init; }

    /// <summary>The actor of a VM's items, for the kinds of run that this node knows.</summary>
    public required Func<VmServices, VmSpec, IMachine?, Props> Items { get; init; }

    /// <summary>Where commands' and processes' results are kept.</summary>
    public required IResults Results { get; init; }

    /// <summary>The escrow, and what passwords are made with.</summary>
    public required PasswordServices Passwords { get; init; }

    /// <summary>The hashes of all attempts on a VM that their runs have not settled.</summary>
    public required Func<VmId, Task<IReadOnlySet<string>>> Unsettled { get; init; }

    /// <summary>The group that owns a point's directory; null: the node's own.</summary>
    public required string? TargetGroup { get; init; }

    /// <summary>Writes a point's row of the catalog.</summary>
    public required Func<RecoveryPoint, Task> Catalog { get; init; }

    /// <summary>Where points go unless a run names a target.</summary>
    public required string Points { get; init; }

    /// <summary>Where drafts of points are, a directory of the node's alone.</summary>
    public required string Drafts { get; init; }

    /// <summary>This boot of the host.</summary>
    public required string BootId { get; init; }

    /// <summary>Whether this very process still runs.</summary>
    public required Func<QemuProcess, bool> IsAlive { get; init; }

    /// <summary>
    /// A seat for each cut that may be prepared at once. It is the longest work of an item on this host's processors, and
    /// a guest that is frozen meanwhile waits behind it: fifty at once made the longest freezes three times as long, and six on
    /// two processors nearly twice.
    /// </summary>
    public required SemaphoreSlim Preparing { get; init; }

    public required NodeMetrics Metrics { get; init; }

    /// <summary>The scheduler of slow work on files; bounded.</summary>
    public required TaskScheduler Files { get; init; }
}

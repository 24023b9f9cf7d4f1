using Akka.Actor;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Metrics;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>What a run's actor is given.</summary>
public sealed record RunServices
{
    public required TimeProvider Time { get; init; }

    /// <summary>The way to VMs: the directory, which answers for those that have no channel.</summary>
    public required IActorRef Vms { get; init; }

    /// <summary>Who tells which hosts are away or draining; null: nobody.</summary>
    public IActorRef? Hosts { get; init; }

    /// <summary>From a group's first freeze to its last cut: Freeze.Spread of this node's config, which a run that starts
    /// here keeps.</summary>
    public required TimeSpan Spread { get; init; }

    /// <summary>The kinds of run by name; null: this node does not know it.</summary>
    public required Func<string, RunKind?> Kind { get; init; }

    /// <summary>This node's name, for the audit log.</summary>
    public required string Host { get; init; }

    /// <summary>The secret values of a run; null: there are none here.</summary>
    public Func<string, RunSecrets?> Secrets { get; init; } = _ => null;

    /// <summary>The run has ended, and its secrets with it.</summary>
    public Action<string> ForgetSecrets { get; init; } = _ => { };

    /// <summary>Tells the audit log what has happened. Never fails; done when it is on disk.</summary>
    public required Func<IReadOnlyList<AuditEntry>, Task> Audit { get; init; }

    public required NodeMetrics Metrics { get; init; }

    /// <summary>Writes the run's row of the read model. Never fails: it can be rebuilt. Done when this row or a newer one is
    /// written, or cannot be written now.</summary>
    public required Func<RunView, Task> Keep { get; init; }
}

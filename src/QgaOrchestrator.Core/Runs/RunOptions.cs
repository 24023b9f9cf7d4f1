using QgaOrchestrator.Core.Runs.Kinds;

namespace QgaOrchestrator.Core.Runs;

/// <summary>A run's options, complete: defaults are filled in before they are stored.</summary>
public sealed record RunOptions
{
    /// <summary>VMs under way at once. 1 and more; default 50.</summary>
    public required int MaxParallel { get; init; }

    /// <summary>VMs under way at once on one host; null: no limit.</summary>
    public int? MaxParallelPerHost { get; init; }

    /// <summary>The run stops when more than this have failed (unknown ones count). backup: 100%.</summary>
    public required Amount MaxFailures { get; init; }

    /// <summary>The run stops when more than this were unreachable. Default 100%.</summary>
    public required Amount MaxUnreachable { get; init; }

    /// <summary>Of kind backup. A kind's member is named like the kind: HTTP shows it flattened by that name.</summary>
    public BackupOptions? Backup { get; init; }
}

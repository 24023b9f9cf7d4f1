using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>What a finding means for the item.</summary>
public enum Severity
{
    /// <summary>It can be backed up; this is to be known.</summary>
    Notice,

    /// <summary>It cannot be backed up as things are, because the VM or its agent is not reached.</summary>
    Unreachable,

    /// <summary>It cannot be backed up as things are.</summary>
    Blocking,
}

/// <summary>One thing that a backup would meet, or meets.</summary>
/// <param name="What">A clause in the operator's words.</param>
/// <param name="Remedy">What to do about it, a sentence without its full stop.</param>
public sealed record Finding(Severity Severity, string What, string Remedy)
{
    /// <summary>As <see cref="ItemOutcome.RefusedBy"/>.</summary>
    public string? RefusedBy { get; init; }

    /// <summary>The item's state where this finding ends it.</summary>
    public ItemState State => Severity == Severity.Unreachable ? ItemState.Unreachable : ItemState.Failed;
}

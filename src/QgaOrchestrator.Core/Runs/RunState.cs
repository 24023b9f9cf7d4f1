using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Core.Runs;

/// <summary>A run, folded from its events. Counters stand beside the items so that nothing scans ten thousand of them.</summary>
public sealed record RunState
{
    public required string Id { get; init; }

    public required string Kind { get; init; }

    public required string Select { get; init; }

    public required RunOptions Options { get; init; }

    /// <summary>The target that all items share, for maxParallelPerTarget; null: each host has its own.</summary>
    public string? Target { get; init; }

    /// <summary>How an attempt under way counts whose host was waited for too long: unreachable, or unknown where it may have
    /// changed what nobody can see.</summary>
    public ItemState LostAs { get; init; } = ItemState.Unreachable;

    /// <summary>An attempt of which nobody knows how far it came may be repeated where its VM is now.</summary>
    public bool RepeatsElsewhere { get; init; }

    /// <summary>From a group's first freeze to its last cut; null: as the config says.</summary>
    public TimeSpan? Spread { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When the last of its items changed.</summary>
    public DateTimeOffset ChangedAt { get; init; }

    public string? RetryOf { get; init; }

    /// <summary>The name of the token that asked for it.</summary>
    public string? StartedBy { get; init; }

    /// <summary>By index.</summary>
    public required RunItems Items { get; init; }

    /// <summary>The items of each consistency group, in the order of their VMs' identities.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<int>> Groups { get; init; }

    public required RunCounts Counts { get; init; }

    /// <summary>Items under way by what limits them; see <see cref="RunLimits"/>.</summary>
    public required IReadOnlyDictionary<string, int> RunningBy { get; init; }

    /// <summary>The last one ends with the last item.</summary>
    public required IReadOnlyList<WaveProgress> Waves { get; init; }

    public bool IsPaused { get; init; }

    /// <summary>Set from the abort on.</summary>
    public RunEvent.RunAborted? Abort { get; init; }

    /// <summary>The items that wait, by what they wait for.</summary>
    public RunLanes Lanes { get; init; } = RunLanes.None;

    public RunPhase Phase { get; init; } = RunPhase.Running;

    public string? Reason { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public bool IsEnded => Phase is RunPhase.Succeeded or RunPhase.Partial or RunPhase.Failed or RunPhase.Aborted;
}

/// <summary>One item: a VM. Those of one consistency group begin and end together, with the same attempt.</summary>
/// <param name="Vm">Where the VM was when the last attempt began, or, after it, where it has moved to.</param>
public sealed record RunItem(int Index, VmId Vm, ItemState State, TargetNote Note)
{
    public string? Group => Note.Group;

    /// <summary>The last attempt, 0 before the first.</summary>
    public int Attempt { get; init; }

    public DateTimeOffset? DispatchedAt { get; init; }

    public DateTimeOffset? SettledAt { get; init; }

    public ItemOutcome? Outcome { get; init; }
}

/// <summary>Items by state.</summary>
public readonly record struct RunCounts(
    int Total, int Pending, int Running, int Succeeded, int Failed, int Unreachable, int Unknown, int Cancelled)
{
    internal RunCounts Move(ItemState from, ItemState to) => Add(from, -1).Add(to, 1);

    private RunCounts Add(ItemState state, int by) => state switch
    {
        ItemState.Pending => this with { Pending = Pending + by },
        ItemState.Running => this with { Running = Running + by },
        ItemState.Succeeded => this with { Succeeded = Succeeded + by },
        ItemState.Failed => this with { Failed = Failed + by },
        ItemState.Unreachable => this with { Unreachable = Unreachable + by },
        ItemState.Unknown => this with { Unknown = Unknown + by },
        ItemState.Cancelled => this with { Cancelled = Cancelled + by },
        _ => throw new InvalidOperationException($"No item rests in the state {state}"),
    };
}

using System.Collections.Immutable;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Core.Runs;

/// <summary>
/// A run and what its actor keeps beside the journal: outcomes not written yet, and groups with a coordinator. All but
/// <see cref="Run"/> is lost when the process ends.
/// </summary>
public sealed record LiveRun
{
    public static readonly LiveRun Empty = new();

    /// <summary>The fold of the journal; null: nothing was journalled.</summary>
    public RunState? Run { get; init; }

    /// <summary>Outcomes that wait to be written together.</summary>
    public ImmutableList<ItemOutcome> Batch { get; init; } = [];

    /// <summary>Hosts on which nothing begins now.</summary>
    public AwayHosts Away { get; init; } = AwayHosts.None;

    /// <summary>Groups that have a coordinator here.</summary>
    public ImmutableSortedSet<string> Coordinated { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);
}

/// <summary>What can happen to a run. Nothing does between a <see cref="RunEffect.Store"/> and its <see
/// cref="Stored"/>.</summary>
public abstract record RunInput
{
    private RunInput() { }

    /// <summary>The journal was read to its end.</summary>
    public sealed record Recovered : RunInput;

    public sealed record Ordered(RunCommand Command) : RunInput;

    /// <summary>A VM tells how an attempt ended; it does so again until that is acknowledged.</summary>
    public sealed record ItemEnded(ItemOutcome Outcome) : RunInput;

    /// <summary>A coordinator tells that all members of its group have ended.</summary>
    public sealed record GroupEnded(IReadOnlyList<ItemOutcome> Outcomes) : RunInput;

    /// <summary>The wait that <see cref="RunEffect.AwaitBatch"/> asked for is over.</summary>
    public sealed record BatchDue : RunInput;

    /// <summary>These hosts, and no others, cannot be reached now.</summary>
    public sealed record HostsAway(IReadOnlyCollection<string> Hosts) : RunInput
    {
        /// <summary>These, and no others, are being emptied now.</summary>
        public IReadOnlyCollection<string> Draining { get; init; } = [];

        /// <summary>VMs of all these whose guests have gone to another host.</summary>
        public IReadOnlyCollection<VmId> Elsewhere { get; init; } = [];
    }

    /// <summary>Something may be due by the clock alone.</summary>
    public sealed record Look : RunInput;

    /// <summary>Time to send again what is under way.</summary>
    public sealed record Remind : RunInput;

    /// <summary>What was asked for is journalled, and folded.</summary>
    public sealed record Stored(RunEffect.Store What) : RunInput;
}

/// <summary>What a run wants done, in this order. Whatever is sent is journalled before.</summary>
public abstract record RunEffect
{
    private RunEffect() { }

    /// <summary>Journal these events in one write, fold each of them (<see cref="LiveRunRules.Apply"/>), then answer
    /// <see cref="RunInput.Stored"/>. Always the last effect of a step.</summary>
    /// <param name="Events">What happens.</param>
    /// <param name="Settled">Outcomes that are acknowledged when the write is done.</param>
    public sealed record Store(IReadOnlyList<RunEvent> Events, IReadOnlyList<ItemOutcome> Settled) : RunEffect;

    /// <summary>Tell the VM of an item.</summary>
    public abstract record ToVm : RunEffect;

    /// <summary>Order an item that is in no group.</summary>
    /// <param name="Resume">Nobody knows whether this attempt has begun.</param>
    public sealed record Begin(RunItem Item, bool Resume) : ToVm;

    /// <summary>Have an item undone that is in no group.</summary>
    public sealed record AbortItem(RunItem Item) : ToVm;

    /// <summary>This outcome is journalled.</summary>
    public sealed record Acknowledge(ItemOutcome Outcome) : ToVm;

    /// <summary>Tell the coordinator of a group's attempt.</summary>
    public abstract record ToGroup(string Group) : RunEffect;

    /// <summary>There shall be a coordinator for this group's attempt, in place of one that is there.</summary>
    public sealed record Coordinate(string Group, IReadOnlyList<RunItem> Members, bool Resume) : ToGroup(Group);

    /// <summary>Order again what is under way.</summary>
    public sealed record RemindGroup(string Group) : ToGroup(Group);

    public sealed record TellGroup(string Group, ItemOutcome Outcome) : ToGroup(Group);

    /// <summary>The group is cancelled.</summary>
    public sealed record StopGroup(string Group, string Reason) : ToGroup(Group);

    /// <summary>The group's attempt is journalled: its coordinator can go.</summary>
    public sealed record DismissGroup(string Group) : ToGroup(Group);

    /// <summary>Come back to it later.</summary>
    public abstract record Wait : RunEffect;

    /// <summary>Wait a moment for more outcomes, then answer <see cref="RunInput.BatchDue"/>.</summary>
    public sealed record AwaitBatch : Wait;

    /// <summary>Answer <see cref="RunInput.Remind"/> in a while.</summary>
    public sealed record RemindLater : Wait;

    /// <summary>Something is due then by the clock alone: answer <see cref="RunInput.Look"/>.</summary>
    public sealed record LookAt(DateTimeOffset At) : Wait;

    /// <summary>The run has ended.</summary>
    public sealed record End : RunEffect;
}

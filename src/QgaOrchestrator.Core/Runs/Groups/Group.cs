using System.Text.Json.Serialization;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Runs.Groups;

/// <summary>How far a member of a consistency group is, in the order of its life.</summary>
[JsonConverter(typeof(CamelCaseNames<MemberPhase>))]
public enum MemberPhase
{
    /// <summary>It waits for its VM behind another run's item, or has not reported yet.</summary>
    Queued,

    /// <summary>It checks and prepares.</summary>
    Begun,

    /// <summary>Everything slow is done.</summary>
    Prepared,

    /// <summary>The channel is held for one freeze.</summary>
    Reserved,

    Frozen,

    Cut,

    /// <summary>Thawed; its own window held, and the draft of its point is stored.</summary>
    Closed,

    /// <summary>The group's verdict is stored, too: it copies on its own.</summary>
    Copying,

    /// <summary>The images are whole and summed.</summary>
    Verified,

    /// <summary>point.json is written.</summary>
    Published,
}

/// <summary>From a member to its group. Repeated while the member waits, so that a lost one costs a second.</summary>
/// <param name="Phase">How far it is.</param>
/// <param name="Slow">Prepared: its freeze is known to be slow, and goes first.</param>
/// <param name="Covered">Prepared: every writable disk is covered by a file system that will freeze.</param>
/// <param name="Verdict">From Copying on: what the group had agreed upon, as it is stored.</param>
/// <param name="Failing">It has failed, and undoes what it made.</param>
public sealed record MemberReport(
    MemberPhase Phase, bool Slow = false, bool Covered = false, GroupVerdict? Verdict = null, ItemOutcome? Failing = null);

/// <summary>What a group has proved once all its windows held.</summary>
/// <param name="SkewMs">Upper bound of the time between its first and its last cut, on the coordinator's clock.</param>
/// <param name="Covered">Every disk of every member was covered.</param>
public sealed record GroupVerdict(double SkewMs, bool Covered);

/// <summary>A member's next step. The group orders it when the member is ready for it, and again whenever the member
/// repeats its report.</summary>
[JsonConverter(typeof(CamelCaseNames<GroupStep>))]
public enum GroupStep
{
    Reserve,
    Freeze,
    Cut,
    Thaw,
    [JsonStringEnumMemberName("goOn")] Copy,
    Publish,
    End,
    Void,
}

/// <summary>From a group to a member: take this step.</summary>
/// <param name="Step">Its name on the wire is "word".</param>
/// <param name="Hold">Cut: stay frozen until Thaw.</param>
/// <param name="Verdict">Copy: to be stored before it copies.</param>
/// <param name="Voided">Void: how the member's item ends once it is undone.</param>
public sealed record GroupOrder(
    [property: JsonPropertyName("word")] GroupStep Step,
    bool Hold = false,
    GroupVerdict? Verdict = null,
    ItemOutcome? Voided = null
);

/// <summary>Where a group stands. Each stage begins when all of its members are ready for it.</summary>
public enum GroupStage { Gathering, Reserving, FreezingSlow, Freezing, Cutting, Closing, Copying, Publishing, Ending, Void }

/// <summary>One attempt of a consistency group, as its coordinator sees it.</summary>
/// <param name="Name">The group's.</param>
/// <param name="Spread">First frozen to last cut.</param>
/// <param name="Members">In the order of their VMs' identities: groups that share VMs take them in the same order, and never wait
/// for each other in a circle.</param>
public sealed record GroupState(string Name, TimeSpan Spread, IReadOnlyList<GroupMember> Members)
{
    public GroupStage Stage { get; init; }

    /// <summary>An earlier coordinator of this attempt ended: how far its members are is not known yet.</summary>
    public bool Resumed { get; init; }

    /// <summary>Members that have been told to begin.</summary>
    public int Begun { get; init; }

    /// <summary>Since the first member was seen frozen.</summary>
    public Moment? FirstFrozen { get; init; }

    public Moment? CutSent { get; init; }

    public GroupVerdict? Verdict { get; init; }

    /// <summary>It is to stop, but this coordinator does not know yet whether an earlier one had told the members to
    /// end.</summary>
    public ItemOutcome? Stopped { get; init; }

    /// <summary>Why the group is void: the member that failed first, or the group's own limit.</summary>
    public ItemOutcome? Cause { get; init; }

    public bool IsEnded => Members.All(member => member.Outcome is not null);
}

/// <param name="Item">Its index in the run.</param>
/// <param name="Vm">Its VM's name, for the reason that the other members get.</param>
/// <param name="Attempt">The same for all of the group.</param>
public sealed record GroupMember(int Item, string Vm, int Attempt)
{
    public MemberPhase Phase { get; init; }

    public bool Slow { get; init; }

    public bool Covered { get; init; }

    /// <summary>When it first reported that it waits behind another run's item.</summary>
    public Moment? QueuedSince { get; init; }

    /// <summary>How its item ended.</summary>
    public ItemOutcome? Outcome { get; init; }
}

/// <summary>What can happen to a group.</summary>
public abstract record GroupInput
{
    private GroupInput() { }

    public sealed record Begin : GroupInput;

    public sealed record Reported(int Item, MemberReport Report) : GroupInput;

    public sealed record MemberEnded(ItemOutcome Outcome) : GroupInput;

    public sealed record SpreadPassed : GroupInput;

    /// <summary>The run is aborted, or something else that is not a member's fault.</summary>
    public sealed record Stop(ItemState State, string Reason, string? Remedy) : GroupInput;
}

/// <summary>What a group wants done.</summary>
public abstract record GroupEffect
{
    private GroupEffect() { }

    /// <summary>Order the member's item.</summary>
    public sealed record Start(int Item) : GroupEffect;

    public sealed record Tell(int Item, GroupOrder Order) : GroupEffect;

    public sealed record ArmSpread(TimeSpan After) : GroupEffect;

    /// <summary>All members have ended: their outcomes, to be journalled together.</summary>
    public sealed record End(IReadOnlyList<ItemOutcome> Outcomes) : GroupEffect;
}

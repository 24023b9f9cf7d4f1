using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Runs.Groups;

/// <summary>
/// The rules of a consistency group: reserve all, freeze the slow ones, then the rest, cut all, and continue only if every window
/// held; all or nothing to the end. A stage begins when every member is ready for it. A member that repeats its report is sent
/// its order again, so lost, late and doubled messages change nothing. Thaw waits for none of this: each host keeps its own
/// limits.
/// </summary>
public static class GroupRules
{
    /// <summary>One report may overtake another; a member that still waits after this long has lost its place.</summary>
    private static readonly TimeSpan PlaceIsLost = TimeSpan.FromSeconds(10);

    public static (GroupState State, IReadOnlyList<GroupEffect> Effects) Step(GroupState group, GroupInput input, Moment now)
    {
        var effects = new List<GroupEffect>();
        var ended = group.IsEnded;
        var before = group;
        group = CountBegun(Advance(Apply(group, input, now), now));
        if (Begins(group) && group.Begun < group.Members.Count && (group.Begun == 0 || HasBegun(group.Members[group.Begun - 1])))
            effects.Add(new GroupEffect.Start(group.Members[(group = group with { Begun = group.Begun + 1 }).Begun - 1].Item));
        foreach (var member in group.Members)
        {
            // To all members when the stage has changed, else to the one that has reported.
            if ((group.Stage != before.Stage || HasReported(input, member)) && OrderFor(group, member) is { } order)
                effects.Add(new GroupEffect.Tell(member.Item, order));
        }
        if (before.FirstFrozen is null && group.FirstFrozen is not null) effects.Add(new GroupEffect.ArmSpread(group.Spread));
        if (!ended && group.IsEnded) effects.Add(new GroupEffect.End([.. group.Members.Select(member => member.Outcome!)]));
        return (group, effects);
    }

    /// <summary>If an earlier coordinator may have begun a member of a void group, that member looks and undoes what it
    /// finds.</summary>
    private static bool Begins(GroupState group) =>
        group is { Stage: GroupStage.Gathering } or { Stage: GroupStage.Void, Resumed: true };

    private static bool HasBegun(GroupMember member) => member.Phase >= MemberPhase.Begun || member.Outcome is not null;

    /// <summary>Members that an earlier coordinator began are under way, too: each is ordered again when a message may have been
    /// lost.</summary>
    private static GroupState CountBegun(GroupState group)
    {
        var last = group.Members.Count - 1;
        while (last >= group.Begun && !HasBegun(group.Members[last])) last--;
        return last < group.Begun ? group : group with { Begun = last + 1 };
    }

    private static bool HasReported(GroupInput input, GroupMember member) =>
        input is GroupInput.Reported said && said.Item == member.Item;

    private static GroupState Apply(GroupState group, GroupInput input, Moment now) => input switch
    {
        GroupInput.Reported { Report.Failing: { } failing } => Void(group, failing),
        GroupInput.Reported { Report.Phase: MemberPhase.Queued } i => Queue(group, i.Item, now),
        GroupInput.Reported i => Move(group, i.Item, i.Report, now),
        GroupInput.MemberEnded i => End(group, i.Outcome),
        GroupInput.SpreadPassed when group.Stage is GroupStage.FreezingSlow or GroupStage.Freezing or GroupStage.Cutting =>
            Void(group, TooWide(group)),
        GroupInput.Stop i => Stop(group, new ItemOutcome(-1, 0, i.State, i.Reason, i.Remedy)),
        _ => group,
    };

    private static GroupState Move(GroupState group, int item, MemberReport report, Moment now)
    {
        group = With(group, item, member => Forward(member, report) with { QueuedSince = null }) with
        {
            FirstFrozen = group.FirstFrozen ?? (report.Phase >= MemberPhase.Frozen ? now : null),
            Verdict = group.Verdict ?? report.Verdict,
        };
        return group.Stopped is { } stop && report.Phase is > MemberPhase.Begun and < MemberPhase.Published
            ? Void(group, stop)
            : group;
    }

    private static GroupMember Forward(GroupMember member, MemberReport report) =>
        member.Phase >= report.Phase
            ? member
            : member with
            {
                Phase = report.Phase,
                Slow = member.Slow || report.Slow,
                Covered = member.Covered || report.Covered,
            };

    /// <summary>
    /// The member waits behind another run's item. Before the group has begun, it simply waits for its turn. Afterwards it has
    /// lost its place by a crash of its host, and the others hold VMs for which the other run may wait: the group ends.
    /// </summary>
    private static GroupState Queue(GroupState group, int item, Moment now)
    {
        var member = group.Members.First(other => other.Item == item);
        if (member.Outcome is not null || AnySucceeded(group) || !(group.Resumed || member.Phase > MemberPhase.Queued))
            return group;
        if (member.QueuedSince is not { } since) return With(group, item, _ => member with { QueuedSince = now });
        return now - since < PlaceIsLost
            ? group
            : Void(
                group,
                new ItemOutcome(item, 0, ItemState.Interrupted, "its host's node ended, and another run works on this VM now")
            );
    }

    /// <summary>All or nothing: once all have published and may have been told to end, it is too late to stop.</summary>
    private static GroupState Stop(GroupState group, ItemOutcome cause) => group switch
    {
        { Stage: GroupStage.Ending } => group,
        _ when AnySucceeded(group) => group,
        { Stage: GroupStage.Gathering, Resumed: true } => group with { Stopped = group.Stopped ?? cause },
        _ => Void(group, cause),
    };

    private static bool AnySucceeded(GroupState group) =>
        group.Members.Any(member => member.Outcome is { State: ItemState.Succeeded });

    private static GroupState End(GroupState group, ItemOutcome outcome)
    {
        // A member that succeeded had published: a new coordinator learns no more of it than that.
        var succeeded = outcome.State == ItemState.Succeeded;
        group = With(group, outcome.Item, member => member with
        {
            Outcome = member.Outcome ?? outcome,
            Phase = succeeded ? MemberPhase.Published : member.Phase,
        });
        return (outcome.State, group) switch
        {
            (ItemState.Succeeded, _) => group,
            // It had published and cannot be reached: the other members' points are complete.
            (ItemState.Unreachable, { Stage: GroupStage.Ending }) => group,
            // The other members will tell whether the group had come to its end before the crash.
            (ItemState.Unreachable, { Stage: GroupStage.Gathering, Resumed: true }) =>
                group with { Stopped = group.Stopped ?? outcome },
            _ => Void(group, outcome),
        };
    }

    private static GroupState With(GroupState group, int item, Func<GroupMember, GroupMember> change) =>
        group with { Members = [.. group.Members.Select(member => member.Item == item ? change(member) : member)] };

    /// <summary>The first cause stands.</summary>
    private static GroupState Void(GroupState group, ItemOutcome cause) =>
        group.Stage is GroupStage.Void ? group : StopWaiting(group with { Stage = GroupStage.Void, Cause = cause });

    /// <summary>Members that were never told to begin, by whatever coordinator, have nothing to undo.</summary>
    private static GroupState StopWaiting(GroupState group) => group.Resumed ? group : group with
    {
        Members =
        [
            .. group.Members.Select(
                (member, i) =>
                    i < group.Begun || member.Outcome is not null
                        ? member
                        : member with { Outcome = VoidedOutcome(group, member) }
            ),
        ],
    };

    private static GroupState Advance(GroupState group, Moment now)
    {
        while (Next(group, now) is { } next) group = next;
        return group;
    }

    /// <summary>The next stage if all members are ready for it; null if one is not.</summary>
    private static GroupState? Next(GroupState group, Moment now) => group.Stage switch
    {
        GroupStage.Gathering when group.Members.All(member => member.Phase > MemberPhase.Begun || member.Outcome is not null) =>
            Gathered(group),
        GroupStage.Reserving when All(group, MemberPhase.Reserved) =>
            group with { Stage = group.Members.Any(member => member.Slow) ? GroupStage.FreezingSlow : GroupStage.Freezing },
        GroupStage.FreezingSlow when group.Members.All(member => !member.Slow || member.Phase >= MemberPhase.Frozen) =>
            group with { Stage = GroupStage.Freezing },
        GroupStage.Freezing when All(group, MemberPhase.Frozen) => group with { Stage = GroupStage.Cutting, CutSent = now },
        GroupStage.Cutting when All(group, MemberPhase.Cut) => AllCut(group, now),
        GroupStage.Closing when All(group, MemberPhase.Closed) => group with { Stage = GroupStage.Copying },
        GroupStage.Copying when All(group, MemberPhase.Verified) => group with { Stage = GroupStage.Publishing },
        GroupStage.Publishing when All(group, MemberPhase.Published) => group with { Stage = GroupStage.Ending },
        _ => null,
    };

    private static bool All(GroupState group, MemberPhase phase) => group.Members.All(member => member.Phase >= phase);

    /// <summary>
    /// Every member knows how far it is. After a start all are prepared. After a coordinator's crash a group continues only if at
    /// least one member stored its verdict and all windows had closed; a run never resumes inside a window.
    /// </summary>
    private static GroupState Gathered(GroupState group) => group switch
    {
        { Stopped: { } stop } =>
            AnySucceeded(group) || All(group, MemberPhase.Published)
                ? group with { Stage = GroupStage.Ending }
                : Void(group, stop),
        { Verdict: not null } when All(group, MemberPhase.Closed) => group with { Stage = GroupStage.Copying },
        _ when group.Members.All(member => member.Phase == MemberPhase.Prepared) => group with { Stage = GroupStage.Reserving },
        _ => Void(group, new ItemOutcome(-1, 0, ItemState.Interrupted, "the run's node ended during the group's window")),
    };

    private static GroupState AllCut(GroupState group, Moment now) => now - group.FirstFrozen!.Value > group.Spread
        ? Void(group, TooWide(group))
        : group with
        {
            Stage = GroupStage.Closing,
            Verdict = new GroupVerdict(
                (now - group.CutSent!.Value).TotalMilliseconds, group.Members.All(member => member.Covered)),
        };

    /// <summary>This member's next order; null while it works, or waits for others.</summary>
    private static GroupOrder? OrderFor(GroupState group, GroupMember member) => (group.Stage, member.Phase) switch
    {
        _ when member.Outcome is not null => null,
        (GroupStage.Void, _) => new GroupOrder(GroupStep.Void, Voided: VoidedOutcome(group, member)),
        ( >= GroupStage.Reserving, MemberPhase.Prepared) => new GroupOrder(GroupStep.Reserve),
        (GroupStage.FreezingSlow, MemberPhase.Reserved) when member.Slow => new GroupOrder(GroupStep.Freeze),
        ( >= GroupStage.Freezing, MemberPhase.Reserved) => new GroupOrder(GroupStep.Freeze),
        ( >= GroupStage.Cutting, MemberPhase.Frozen) => new GroupOrder(GroupStep.Cut, Hold: Holds(group)),
        ( >= GroupStage.Closing, MemberPhase.Cut) when Holds(group) => new GroupOrder(GroupStep.Thaw),
        ( >= GroupStage.Copying, MemberPhase.Closed) => new GroupOrder(GroupStep.Copy, Verdict: group.Verdict),
        ( >= GroupStage.Publishing, MemberPhase.Verified) => new GroupOrder(GroupStep.Publish),
        (GroupStage.Ending, MemberPhase.Published) => new GroupOrder(GroupStep.End),
        _ => null,
    };

    /// <summary>If a disk has writers that are not frozen, all members stay frozen until the last one is cut.</summary>
    private static bool Holds(GroupState group) => !group.Members.All(member => member.Covered);

    private static ItemOutcome VoidedOutcome(GroupState group, GroupMember member)
    {
        var cause = group.Cause!;
        var who = group.Members.FirstOrDefault(other => other.Item == cause.Item)?.Vm;
        return new ItemOutcome(
            member.Item,
            member.Attempt,
            cause.State is ItemState.Interrupted or ItemState.Cancelled ? cause.State : ItemState.Failed,
            who is null ? $"group {group.Name}: {cause.Reason}" : $"group {group.Name}: {who}: {cause.Reason}",
            cause.Remedy);
    }

    private static ItemOutcome TooWide(GroupState group) => new(
        -1,
        0,
        ItemState.Failed,
        $"from the first freeze to the last cut took more than Freeze.Spread ({group.Spread.TotalSeconds:0.###} s){Late(group)}",
        "Look for what slows that guest's freeze, back it up apart (Freeze: alone), or raise Freeze.Spread");

    /// <summary>Names the members that were not as far as the others.</summary>
    private static string Late(GroupState group)
    {
        var late = group
            .Members.Where(member => member.Phase < (group.Stage == GroupStage.Cutting ? MemberPhase.Cut : MemberPhase.Frozen))
            .Select(member => member.Vm)
            .ToList();
        return late.Count == 0 ? "" : $"; waited for {string.Join(", ", late)}";
    }
}

using System.Collections.Concurrent;
using Akka.Actor;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Core.Runs.Groups;

namespace QgaOrchestrator.Actors.Kinds.Backup;

/// <summary>
/// A member's end of its consistency group: says how far the item is, and lets it wait for the group's word. Whatever was
/// said last is said again while it waits, and the group answers each time: a lost message costs a second.
/// </summary>
internal sealed class GroupSeat(StartItem order, IActorRef runs)
{
    private readonly ConcurrentDictionary<GroupStep, TaskCompletionSource<GroupOrder>> _words = new();
    private volatile MemberReport? _last;

    public void Report(MemberReport report)
    {
        _last = report;
        Repeat();
    }

    public void Repeat()
    {
        if (_last is { } report) runs.Tell(new MemberMoved(order.Run, order.Item, order.Attempt, report));
    }

    public void Take(GroupOrder said) => Word(said.Step).TrySetResult(said);

    /// <summary>Says how far the item is, and waits until the group says this word.</summary>
    public Task<GroupOrder> AtAsync(MemberReport report, GroupStep word, CancellationToken cancel)
    {
        Report(report);
        return Word(word).Task.WaitAsync(cancel);
    }

    private TaskCompletionSource<GroupOrder> Word(GroupStep word) =>
        _words.GetOrAdd(word, _ => new TaskCompletionSource<GroupOrder>(TaskCreationOptions.RunContinuationsAsynchronously));
}

using Akka.Actor;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Items;

/// <summary>An item's calls of its guest's agent: as a caller's own, under the same rules (<see cref="RawCall"/>).</summary>
internal static class ItemCalls
{
    /// <summary>A call has its own time-out in the channel, and waits for its turn there.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    public static async Task<CallReply> AskAsync(IActorRef vm, VmId id, string command, ReadOnlyMemory<byte> arguments)
    {
        try
        {
            return await vm.Ask<CallReply>(new CallAgent(id, command, arguments, new CallOptions()), Longest);
        }
        catch (AskTimeoutException)
        {
            return new CallReply.Unknown("the VM's channel was lost", $"Look in the guest whether {command} was executed");
        }
    }

    /// <summary>How an item ends by its only call.</summary>
    /// <param name="mayRepeat">Without an answer nothing is lost: asking again does no harm.</param>
    public static ItemOutcome Outcome(CallReply reply, bool mayRepeat, Func<ItemState, string?, string?, ItemOutcome> outcome) =>
        reply switch
        {
            CallReply.Returned { Completed: { } completed } when completed == Completion.Timeout => outcome(
                ItemState.Unknown,
                "it was sent and not refused, and nothing of it was seen in time",
                "Look with qgactl vm show whether the guest has gone"
            ),
            CallReply.Returned => outcome(ItemState.Succeeded, null, null),
            CallReply.AgentFailed f => outcome(ItemState.Failed, $"{f.Class}: {f.Description}", f.WhatToDo()),
            CallReply.Refused { Why: CallRefusal.Unreachable } r => outcome(ItemState.Unreachable, r.Reason, r.Remedy),
            CallReply.Refused r => outcome(ItemState.Failed, r.Reason, r.Remedy),
            CallReply.Unknown u when mayRepeat =>
                outcome(ItemState.Unreachable, u.Reason, "Asking again does no harm: retry the run"),
            CallReply.Unknown u => outcome(ItemState.Unknown, u.Reason, u.Remedy),
            var other => throw new InvalidOperationException($"unexpected reply {other}"),
        };
}

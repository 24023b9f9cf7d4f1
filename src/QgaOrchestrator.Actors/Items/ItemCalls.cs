using Akka.Actor;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Actors.Items;

/// <summary>An item's calls of its guest's agent: as a caller's own, under the same rules (<see cref="CallRules"/>).</summary>
internal static class ItemCalls
{
    /// <summary>A call has its own time-out in the channel, and waits for its turn there.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    public static Task<CallReply> AskAsync(IActorRef vm, VmId id, string command, ReadOnlyMemory<byte> arguments) =>
        AskAsync(vm, id, new AgentRequest(command, arguments));

    /// <summary>The same; a secret in the request is overwritten when the command has ended.</summary>
    public static async Task<CallReply> AskAsync(IActorRef vm, VmId id, AgentRequest request)
    {
        try
        {
            return await vm.Ask<CallReply>(CallAgent.Of(id, request, new CallOptions()), Longest);
        }
        catch (AskTimeoutException)
        {
            return new CallReply.Unknown(
                "the VM's channel was lost", $"Look in the guest whether {request.Command} was executed");
        }
    }

    /// <summary>A dry run's question: would the agent take the command?</summary>
    public static async Task<ItemOutcome> CheckAsync(
        IActorRef vm, VmServices services, VmId id, string command, Func<ItemState, string?, string?, ItemOutcome> outcome)
    {
        if (services.Denied.Contains(command))
            return outcome(ItemState.Failed, $"this host's policy denies {command}", "Policy.Deny in the node's config names it");
        var support = (await CommandCheck.AskAsync(vm, command)).Support;
        if (support is CommandSupport.NotUnderstood { Reason: var odd })
            return outcome(
                ItemState.Unknown, $"whether the agent takes {command} is not known: {odd}", CommandCheck.AgentRemedy);
        return CallRules.Objection(command, support, id.Name) is { } objection
            ? Outcome(objection, mayRepeat: true, outcome)
            : outcome(ItemState.Succeeded, null, null);
    }

    /// <summary>How an item ends by its only call.</summary>
    /// <param name="mayRepeat">Without an answer nothing is lost: asking again does no harm.</param>
    public static ItemOutcome Outcome(CallReply reply, bool mayRepeat, Func<ItemState, string?, string?, ItemOutcome> outcome) =>
        reply switch
        {
            CallReply.Returned { Completed: { } completed } when completed == CallCompletion.Timeout => outcome(
                ItemState.Unknown,
                "it was sent and not refused, and no effect was seen in time",
                "See with qgactl vm show whether the guest has stopped"
            ),
            CallReply.Returned => outcome(ItemState.Succeeded, null, null),
            CallReply.AgentFailed f => outcome(ItemState.Failed, f.Words, f.WhatToDo()),
            CallReply.Refused { Why: CallRefusal.Unreachable } r => outcome(ItemState.Unreachable, r.Reason, r.Remedy),
            CallReply.Refused r => outcome(ItemState.Failed, r.Reason, r.Remedy),
            CallReply.Unknown u when mayRepeat =>
                outcome(ItemState.Unreachable, u.Reason, "Asking again does no harm: retry the run"),
            CallReply.Unknown u => outcome(ItemState.Unknown, u.Reason, u.Remedy),
            var other => throw new InvalidOperationException($"unexpected reply {other}"),
        };
}

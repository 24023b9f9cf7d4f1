using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>How a command ended in the channel, as its caller is told.</summary>
internal static class CallReplies
{
    private static readonly byte[] Nothing = [.. "{}"u8];

    public static CallReply Of(string command, CallEnded ended) => ended.Outcome switch
    {
        AgentOutcome.NotSent n => CallRules.NotSent(ended.Refusal, n.Reason),
        AgentOutcome.Returned r => new CallReply.Returned(JsonText.Mended(r.Json)),
        AgentOutcome.Refused r => new CallReply.AgentFailed(r.Error.Class, r.Error.Description),
        AgentOutcome.Unknown u =>
            new CallReply.Unknown(u.Reason, $"{command} may have been executed: {WhatToDo(command)}"),
        _ => throw new InvalidOperationException($"unexpected outcome of {command}"),
    };

    /// <summary>Of a command that the agent does not answer on success: written and not refused, it ends with the link, or in
    /// silence.</summary>
    public static CallReply OfSilent(string command, CallEnded ended) => ended.Outcome switch
    {
        AgentOutcome.Unknown { By: WaitEnd.LinkLost } => Obeyed(CallCompletion.Port),
        AgentOutcome.Unknown { By: WaitEnd.TimedOut or WaitEnd.Passed } => Obeyed(CallCompletion.Timeout),
        _ => Of(command, ended),
    };

    public static CallReply Obeyed(CallCompletion completion) => new CallReply.Returned(Nothing) { Completed = completion };

    private static string WhatToDo(string command) => AgentCommands.Find(command)?.Retry switch
    {
        RetryClass.Safe => "asking again does no harm",
        RetryClass.Idempotent => "the same call again leads to the same end",
        _ => "check in the guest before you repeat it",
    };
}

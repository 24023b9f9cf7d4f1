using System.Text.Json;
using Akka.Actor;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// A caller's own agent command. It bypasses nothing: a freeze opens a window, a thaw closes it, a sync is answered here,
/// while a window is open nothing else is sent and it tells the status itself, and what the agent lacks or has disabled does
/// not go out.
/// </summary>
internal static class RawCall
{
    /// <summary>How the name of a window begins that a caller opened by his own freeze.</summary>
    private const string ByHand = "raw-";

    private static readonly byte[] Nothing = [.. "{}"u8];
    private static readonly byte[] Frozen = [.. "\"frozen\""u8];

    /// <summary>What was asked before the command could go out, or about its CommandNotFound; <paramref name="Error"/> is
    /// that.</summary>
    internal sealed record Looked(CallAgent Call, RawCaller Caller, AgentOffer Offer, CallReply? Error)
        : INoSerializationVerificationNeeded;

    public static void Take(CallAgent call, VmActor vm, RawCaller caller)
    {
        caller.Thaws = call.Command == GuestFsfreezeThaw.Name;
        switch (call.Command)
        {
            case var denied when vm.Services.Denied.Contains(denied):
                Refuse(
                    caller,
                    CallRefusal.Denied,
                    $"{denied} is never allowed on host {vm.Spec.Id.Host}",
                    "It is named by Policy.Deny in that node's config"
                );
                break;
            case "guest-sync" or "guest-sync-delimited":
                Sync(call, caller);
                break;
            case "guest-fsfreeze-thaw" when vm.HasOpenWindow:
                vm.ThawOpenWindow(caller.HandOver());
                break;
            case var _ when vm.Spec.NoAgent is { } trouble && !vm.HasOpenWindow:
                caller.Tell(trouble.Refusal);
                break;
            case "guest-fsfreeze-thaw" when !call.Options.Force:
                ThawIfNotForeign(call, vm, caller);
                break;
            case "guest-fsfreeze-status" when vm.HasOpenWindow:
                vm.AskOpenWindow(caller.HandOver());
                break;
            case "guest-fsfreeze-thaw" or "guest-fsfreeze-status":
                Send(call, vm, caller, ThawLane(call.Command));
                break;
            case var _ when vm.Window is { } window:
                caller.Tell(InWindow(window));
                break;
            case var command when IsFreeze(command) || Departure.NeedsWaking(command) || IsDoubtful(command, vm.Guest.Info):
                vm.Look(call, caller, error: null);
                break;
            default:
                Go(call, vm, caller);
                break;
        }
    }

    /// <summary>The answer of <see cref="VmActor.Look"/>: the command goes out, or the caller is told why not.</summary>
    public static void Go(Looked looked, VmActor vm)
    {
        if (looked.Caller.HasLeft) return;
        if ((looked.Offer.Instead ?? looked.Error) is { } instead) looked.Caller.Tell(Resting(instead, vm));
        else if (vm.Window is { } window) looked.Caller.Tell(InWindow(window));
        else Go(looked.Call, vm, looked.Caller);
    }

    /// <summary>The agent did not say what it offers, so the command was not sent.</summary>
    public static CallReply Unheard(string command, CallEnded ended) =>
        ended.Outcome is AgentOutcome.Unknown u
            ? new CallReply.Refused(
                CallRefusal.Unreachable,
                $"the agent did not say whether it takes {command}: {u.Reason}",
                "Try again; see qgactl vm show"
            )
        : Reply(command, ended);

    private static bool IsFreeze(string command) => command is "guest-fsfreeze-freeze" or "guest-fsfreeze-freeze-list";

    /// <summary>What is not listed may be newer than what we know of it: it is the agent's to say no.</summary>
    private static bool IsDoubtful(string command, AgentInfo? info) =>
        AgentCommands.Find(command) is not null && info is not null && info.Status(command) != CommandStatus.Enabled;

    private static void Go(CallAgent call, VmActor vm, RawCaller caller)
    {
        var listed = AgentCommands.Find(call.Command);
        if (listed is not null && ArgumentCheck.TooNew(listed, call.Arguments, vm.Guest.Info?.Release) is { } fault)
            Refuse(caller, CallRefusal.BadArguments, fault, "Send what this agent takes, or update qemu-ga in the guest");
        else if (IsFreeze(call.Command))
            Freeze(call, vm, caller);
        else if (listed is { Answered: false })
            caller.Ticket = vm.EnqueueUnanswered(
                new AgentRequest(call.Command, call.Arguments),
                LimitsOf(call, vm).Timeout,
                reply => Answer(call, reply, vm, caller)
            );
        else
            Send(call, vm, caller, Lane.Queue);
    }

    private static void Send(CallAgent call, VmActor vm, RawCaller caller, Lane lane) =>
        caller.Ticket = vm.Enqueue(
            new AgentRequest(call.Command, call.Arguments),
            LimitsOf(call, vm).Timeout,
            ended => Answer(call, Reply(call.Command, ended), vm, caller),
            lane
        );

    private static Lane ThawLane(string command) => command == GuestFsfreezeThaw.Name ? Lane.Thaw : Lane.Status;

    /// <summary>Why an agent has not found a command it does not say: it is asked, so that the caller is told.</summary>
    private static void Answer(CallAgent call, CallReply reply, VmActor vm, RawCaller caller)
    {
        if (caller.HasLeft) return;
        if (reply is CallReply.AgentFailed { Class: "CommandNotFound" }) vm.Look(call, caller, reply);
        else caller.Tell(Resting(reply, vm));
    }

    /// <summary>QEMU tells why there was no answer, or the agent itself.</summary>
    private static CallReply Resting(CallReply reply, VmActor vm)
    {
        var name = vm.Spec.Id.Name;
        (string Why, string Remedy)? rests = vm.Machine.RunState switch
        {
            MonitorView.Paused => ("the VM is paused", $"Continue {name} where it was paused"),
            MonitorView.Suspended => ("the guest is suspended", $"Wake it: qgactl vm wake {name}"),
            _ => null,
        };
        return (rests, reply) switch
        {
            ({ } why, CallReply.Unknown u) => u with { Reason = $"{why.Why}: {u.Reason}" },
            ({ } why, CallReply.Refused { Why: CallRefusal.Unreachable } r) =>
                r with { Reason = $"{why.Why}: {r.Reason}", Remedy = why.Remedy },
            (null, CallReply.Refused { Why: CallRefusal.Unreachable } r) when vm.Remedy is { } remedy =>
                r with { Remedy = remedy },
            _ => reply,
        };
    }

    public static CallLimits LimitsOf(CallAgent call, VmActor vm) =>
        CallLimits.Of(call.Command, call.Options, vm.Services.Limits, vm.Guest.Inventory?.OsId);

    /// <summary>No window of ours is open, so a guest that says frozen was frozen by somebody else.</summary>
    private static void ThawIfNotForeign(CallAgent call, VmActor vm, RawCaller caller) =>
        vm.Enqueue(GuestFsfreezeStatus.Request, GuestFsfreezeStatus.Spec.DefaultTimeout(vm.Services.Limits.Timeout), ended =>
        {
            if (ended.Outcome is AgentOutcome.Returned r && GuestFsfreezeStatus.SaysFrozen(r.Json))
                Refuse(
                    caller,
                    CallRefusal.NotOurs,
                    "the guest was frozen by somebody else, who may still need it",
                    $"qgactl thaw {vm.Spec.Id.Name} --force thaws it all the same"
                );
            else if (ended.Outcome is AgentOutcome.NotSent)
                caller.Tell(Reply(call.Command, ended));
            else
                Send(call, vm, caller, Lane.Thaw);
        }, Lane.Thaw);

    /// <summary>How a call ended, in the words of its caller.</summary>
    public static CallReply Reply(string command, CallEnded ended) => ended switch
    {
        { Refusal: ChannelRefusal.QueueFull, Outcome: AgentOutcome.NotSent n } => new CallReply.Refused(
            CallRefusal.QueueFull,
            n.Reason,
            "Ask less often, or wait for the answers"
        ),
        { Refusal: ChannelRefusal.Quarantined, Outcome: AgentOutcome.NotSent n } => new CallReply.Refused(
            CallRefusal.Frozen,
            n.Reason,
            "See qgactl vm show; the node keeps thawing it"
        ),
        { Outcome: AgentOutcome.NotSent n } => new CallReply.Refused(
            CallRefusal.Unreachable,
            n.Reason,
            "Check that qemu-ga runs in the guest; qgactl vm show tells who else has its socket"
        ),
        { Outcome: AgentOutcome.Returned r } => new CallReply.Returned(JsonText.Mended(r.Json)),
        { Outcome: AgentOutcome.Refused r } => new CallReply.AgentFailed(r.Error.Class, r.Error.Description),
        { Outcome: AgentOutcome.Unknown u } =>
            new CallReply.Unknown(u.Reason, $"{command} may have been executed: {WhatToDo(command)}"),
        _ => throw new InvalidOperationException($"unexpected outcome of {command}"),
    };

    /// <summary>How a command without an answer ended: what was written and not refused ends by the link's end, or in
    /// silence.</summary>
    public static CallReply UnansweredReply(string command, CallEnded ended) => ended.Outcome switch
    {
        AgentOutcome.Unknown { By: WaitEnd.LinkLost } => Obeyed(Completion.Port),
        AgentOutcome.Unknown { By: WaitEnd.TimedOut or WaitEnd.Passed } => Obeyed(Completion.Timeout),
        _ => Reply(command, ended),
    };

    public static CallReply Obeyed(Completion completion) => new CallReply.Returned(Nothing) { Completed = completion };

    /// <summary>A status that is asked while a window has the channel. The agent is not asked: the thaw would wait behind
    /// it.</summary>
    public static CallReply Status(WindowState window) =>
        window.HoldsFrozen ? new CallReply.Returned(Frozen) : InWindow(window.Order.Id);

    private static string WhatToDo(string command) => AgentCommands.Find(command)?.Retry switch
    {
        RetryClass.Safe => "asking again does no harm",
        RetryClass.Idempotent => "the same call again leads to the same end",
        _ => "look in the guest before you repeat it",
    };

    private static void Sync(CallAgent call, RawCaller caller)
    {
        if (SyncId(call.Arguments) is { } id)
            caller.Tell(new CallReply.Returned(JsonSerializer.SerializeToUtf8Bytes(id)));
        else
            Refuse(
                caller,
                CallRefusal.BadArguments,
                $"{call.Command} needs an integer id",
                """For example {"id":1}; it is answered here, the channel is always in sync"""
            );
    }

    private static long? SyncId(ReadOnlyMemory<byte> arguments)
    {
        if (arguments.IsEmpty) return null;
        using var json = JsonDocument.Parse(arguments);
        return json.RootElement.TryGetProperty("id", out var id) && id.TryGetInt64(out var value) ? value : null;
    }

    /// <summary>A freeze by hand is a window without a cut: in the ledger, with a lease, under the watchdog's eyes.</summary>
    private static void Freeze(CallAgent call, VmActor vm, RawCaller caller)
    {
        var limits = LimitsOf(call, vm);
        var now = vm.Services.Time.GetUtcNow();
        var window = $"{ByHand}{vm.Spec.Id.Name}-{now:yyyyMMddTHHmmssfff}";
        var order = new WindowOrder(window, limits.Timeout, limits.Lease, WindowMode.Raw);
        vm.OpenRawWindow(order, call, limits.Clamped, caller);
    }

    private static CallReply.Refused InWindow(string window) =>
        new(CallRefusal.Frozen, $"the window {window} is open on this guest", window.StartsWith(ByHand, StringComparison.Ordinal)
            ? "Somebody froze it by hand: qgactl thaw thaws it, and so does the end of its lease"
            : "Try again when it is closed (a backup's takes well under a second)");

    private static void Refuse(RawCaller caller, CallRefusal why, string reason, string remedy) =>
        caller.Tell(new CallReply.Refused(why, reason, remedy));
}

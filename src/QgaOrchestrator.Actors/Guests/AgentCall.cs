using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Actors.Guests;

/// <summary>
/// One agent command of one VM, under the rules of a caller's own: it waits for its turn in the channel, behind any thaw, and
/// may be refused there. It is not cancelled: a handle or a process that nobody heard of would stay in the guest.
/// </summary>
public delegate Task<CallReply> AgentCall(AgentRequest request);

/// <summary>The agent did not do what it was asked for.</summary>
public sealed class GuestCallException(string command, CallReply reply) : Exception($"{command}: {Describe(reply)}")
{
    public string Command { get; } = command;

    public CallReply Reply { get; } = reply;

    /// <summary>Nobody is to blame: the channel is broken, busy or lent to a window, and comes back.</summary>
    public bool IsPassing => Reply is CallReply.Unknown
        or CallReply.Refused { Why: CallRefusal.Unreachable or CallRefusal.Frozen or CallRefusal.QueueFull };

    /// <summary>It was not executed because it is somebody else's turn, and will be mine.</summary>
    public bool IsBusy => Reply is CallReply.Refused { Why: CallRefusal.Frozen or CallRefusal.QueueFull };

    /// <summary>The guest, its agent's age, or the host's policy does not allow the command.</summary>
    public bool IsNotAllowed =>
        Reply
            is CallReply.Refused { Why: CallRefusal.Denied or CallRefusal.Disabled or CallRefusal.UnknownCommand }
        or CallReply.AgentFailed { Class: "CommandNotFound" };

    private static string Describe(CallReply reply) => reply switch
    {
        CallReply.AgentFailed failed => failed.Description,
        CallReply.Refused refused => refused.Reason,
        CallReply.Unknown unknown => unknown.Reason,
        _ => "answered",
    };
}

internal static class AgentCallReplies
{
    /// <summary>The value of the reply's "return" member.</summary>
    /// <exception cref="GuestCallException">There is none.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReturnedAsync(this AgentCall call, AgentRequest request) =>
        await call(request) is var reply && reply is CallReply.Returned returned
            ? returned.Json
            : throw new GuestCallException(request.Command, reply);

    /// <summary>What the command's Read makes of it.</summary>
    /// <exception cref="GuestCallException">There is none.</exception>
    /// <exception cref="GuestFaultException">It was not understood.</exception>
    public static async Task<T> ReadAsync<T>(this AgentCall call, AgentRequest request, Func<ReadOnlyMemory<byte>, T> read) =>
        (await call.ReturnedAsync(request)).TryRead(read, out var value, out var odd)
            ? value
            : throw NotUnderstood(request.Command, odd);

    public static GuestFaultException NotUnderstood(string command, string why) =>
        new(
            GuestFaultKind.NotUnderstood,
            $"{command}: {why}.",
            "Check in the guest whether it completed, and see which agent answers there; update its qemu-ga."
        );
}

using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>A command that waits for the channel, or is in flight on it.</summary>
/// <param name="Complete">Called once.</param>
/// <param name="Shown">For a command that no reply ends: what shows that it was obeyed.</param>
internal sealed record PendingCall(
    AgentRequest Request, TimeSpan Timeout, Action<CallEnded> Complete, Action<CallCompletion>? Shown);

/// <summary>The commands of one channel that have not ended, by ticket. A command that leaves has its secret
/// overwritten.</summary>
internal sealed class PendingCalls
{
    public static readonly CallEnded Closed = new(new AgentOutcome.Unknown("the VM's channel was closed"));

    private readonly Dictionary<long, PendingCall> _calls = [];
    private long _ticket;
    private bool _closed;

    /// <returns>The command's ticket, and whether it waits. False: no more commands are accepted, and it was completed.</returns>
    public (long Ticket, bool Waits) Add(PendingCall call)
    {
        var ticket = ++_ticket;
        if (_closed) End(call).Complete(Closed);
        else _calls[ticket] = call;
        return (ticket, !_closed);
    }

    /// <returns>Null: it has ended.</returns>
    public PendingCall? Find(long ticket) => _calls.GetValueOrDefault(ticket);

    /// <returns>Null: it has ended before.</returns>
    public PendingCall? Remove(long ticket) => _calls.Remove(ticket, out var call) ? End(call) : null;

    /// <summary>Completes all commands, and each one that comes later.</summary>
    public void Close()
    {
        _closed = true;
        foreach (var ticket in _calls.Keys.ToList()) Remove(ticket)?.Complete(Closed);
    }

    private static PendingCall End(PendingCall call)
    {
        call.Request.Holder?.Dispose();
        return call;
    }
}

using Akka.Actor;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Actors.Vms;

// Callers' commands: what is asked before they go out, and those that no reply ends.
public sealed partial class VmActor
{
    /// <summary>Asks agent and monitor whether a caller's command is to go out, or why it was not found; <see
    /// cref="RawCall.Looked"/> follows.</summary>
    internal void Look(CallAgent call, RawCaller caller, CallReply? error) =>
        LookAsync(Self, call.Command, error, _qemu)
            .PipeTo(
                Self,
        success: offer => new RawCall.Looked(call, caller, offer, error),
        failure: fault => new RawCall.Looked(call, caller, new AgentOffer(
            error ?? new CallReply.Refused(CallRefusal.Unreachable, fault.Message, "See qgactl vm show")), error));

    private async Task<AgentOffer> LookAsync(IActorRef self, string command, CallReply? error, IMachine? machine)
    {
        var offer = await AgentOffers.AskAsync(self, _spec.Id.Name, command);
        // The agent's own refusal stands where it does not say more.
        if (error is not null && offer.Info is null) return offer with { Instead = error };
        return offer.Instead is null && error is null && Departure.NeedsWaking(command)
            ? offer with { Instead = await Waking.ObjectionAsync(machine) }
            : offer;
    }

    private void Looked(RawCall.Looked looked)
    {
        if (looked.Offer.Info is { } info) Know(_guest with { Info = info, FoundFrozen = looked.Offer.Frozen });
        RawCall.Go(looked, this);
    }

    /// <summary>What shows that it was obeyed ends it: an event of QEMU, the agent's or QEMU's end; else its time-out.</summary>
    internal long EnqueueUnanswered(AgentRequest request, TimeSpan timeout, Action<CallReply> complete) =>
        Enqueue(
            request,
            timeout,
            ended => complete(RawCall.UnansweredReply(request.Command, ended)),
            shown: by => complete(RawCall.Obeyed(by))
        );

    /// <summary>
    /// A caller is gone: what waits for the channel on his behalf is never sent, except a thaw. What is in flight goes on, and
    /// its reply is discarded.
    /// </summary>
    private void HangUp(Guid call)
    {
        if (_callers.Find(call) is not { } caller) return;
        caller.HangUp();
        caller.Window?.Tell(new RawWindow.CallerLeft());
        if (caller is not { Thaws: false, Ticket: { } ticket } || IsInFlight(ticket)) return;
        _calls.Remove(ticket);
        Handle(new ChannelInput.Withdrawn(ticket));
    }

    private bool IsInFlight(long ticket) => _channel.Link is Core.Vms.LinkState.Busy busy && busy.Ticket == ticket;

    private void Hear(MachineTold told)
    {
        if (told.Event.Change == MachineChange.Woken) Handle(new ChannelInput.Awake());
        else Depart(command => Departure.IsShownBy(command, told.Event.Name) ? Completion.ByEvent(told.Event.Name) : null);
    }

    /// <summary>Ends the command in flight where nothing but its effect could.</summary>
    private void Depart(Func<string, Completion?> shown)
    {
        if (
            _channel.Link is not Core.Vms.LinkState.Busy { Ticket: var ticket }
            || !_calls.TryGetValue(ticket, out var call)
            || call.Shown is not { } end
            || shown(call.Request.Command) is not { } completion
        )
            return;
        _calls.Remove(ticket);
        end(completion);
        // Whoever comes next begins with a sync of his own.
        _agent.Close();
    }

    private void Wake(IActorRef caller) => Waking.WakeAsync(_qemu).PipeTo(caller,
        failure: fault => new CallReply.Refused(CallRefusal.Unreachable, fault.Message, "See qgactl vm show"));
}

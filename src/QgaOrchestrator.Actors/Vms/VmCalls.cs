using Akka.Actor;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// Callers' own agent commands on one VM: performs what <see cref="CallRules"/> decides, and answers each caller. Belongs to
/// the <see cref="VmActor"/>.
/// </summary>
internal sealed class VmCalls(VmServices services, ServedVm vm, IActorContext context)
{
    /// <summary>What was asked before a command could be sent, or about its CommandNotFound, which is <paramref
    /// name="Error"/>.</summary>
    public sealed record Asked(
        CallAgent Call,
        WaitingCaller Caller,
        CallFacts Facts,
        CommandAnswer Answer,
        CallReply.Refused? CannotWake,
        CallReply? Error
    ) : INoSerializationVerificationNeeded;

    private readonly WaitingCallers _callers = new();
    private readonly VmCallFacts _facts = new(services, vm);
    private readonly IActorRef _self = context.Self;

    public void Begin(CallAgent call, IActorRef sender)
    {
        var facts = _facts.Of(call);
        Perform(call, facts, _callers.Add(call, sender, facts.Limits.Clamped, call.Command == GuestFsfreezeThaw.Name));
    }

    /// <summary>A command of one of the VM's items: the host's policy holds for runs as for callers.</summary>
    public void Submit(Submit order, IActorRef sender)
    {
        if (vm.Spec.NoAgent is { } trouble)
            Refuse(trouble.Reason);
        else if (services.Denied.Contains(order.Request.Command))
            Refuse($"this host's policy denies {order.Request.Command}");
        else
            vm.Channel.Enqueue(order.Request, order.Timeout, sender.Tell);

        void Refuse(string reason)
        {
            order.Request.Holder?.Dispose();
            sender.Tell(new CallEnded(new AgentOutcome.NotSent(reason)));
        }
    }

    public void Wake(IActorRef caller) => Waking.WakeAsync(vm.Spec.Kind, vm.Qemu).PipeTo(
        caller, failure: fault => new CallReply.Refused(CallRefusal.Unreachable, fault.Message, "See qgactl vm show"));

    public void Learn(Asked asked)
    {
        if (asked.Answer.Info is { } info) vm.Learn(vm.Guest.View with { Info = info, FoundFrozen = asked.Answer.Frozen });
        var (call, caller) = (asked.Call, asked.Caller);
        if (caller.HasLeft) return;
        if (asked.Error is { } error)
            Tell(caller, CallRules.Explain(call.Command, error, asked.Answer.Support, _facts.Condition()));
        else
            Perform(
                call,
                asked.Facts with { Support = asked.Answer.Support, CannotWake = asked.CannotWake, TooNew = _facts.TooNew(call) },
                caller);
    }

    /// <summary>
    /// A caller is gone: what waits for the channel on its behalf is never sent, except a thaw. What is in flight goes on, and
    /// its reply is discarded.
    /// </summary>
    public void HangUp(Guid call)
    {
        if (_callers.Find(call) is not { } caller) return;
        caller.HangUp();
        caller.Window?.Tell(new RawWindow.CallerLeft());
        if (caller is { Thaws: false, Ticket: { } ticket }) vm.Channel.Withdraw(ticket);
    }

    /// <summary>A caller's freeze has been answered by its window.</summary>
    public void Forget(Guid call) => _callers.Forget(call);

    private void Perform(CallAgent call, CallFacts facts, WaitingCaller caller)
    {
        switch (CallRules.Decide(facts, _facts.Condition()))
        {
            case CallVerdict.Answer v:
                Tell(caller, v.Reply);
                break;
            case CallVerdict.Send v:
                caller.Ticket = vm.Channel.Enqueue(
                    call.Request,
                    facts.Limits.Timeout,
                    ended => End(call, facts, caller, CallReplies.Of(call.Command, ended)),
                    v.Lane
                );
                break;
            case CallVerdict.SendSilent:
                caller.Ticket = vm.Channel.Enqueue(
                    call.Request,
                    facts.Limits.Timeout,
                    ended => End(call, facts, caller, CallReplies.OfSilent(call.Command, ended)),
                    shown: by => End(call, facts, caller, CallReplies.Obeyed(by)));
                break;
            case CallVerdict.Freeze:
                Freeze(call, call.Request, facts.Limits, caller);
                break;
            case CallVerdict.ThawWindow:
                vm.Windows.Thaw(caller.HandOver());
                break;
            case CallVerdict.AskWindow:
                vm.Windows.AskStatus(caller.HandOver());
                break;
            case CallVerdict.AskAgent v:
                Ask(call, facts, caller, v.AndMonitor, error: null);
                break;
            case CallVerdict.AskStatus:
                AskStatus(call, facts, caller);
                break;
        }
    }

    /// <summary>An agent does not say why it has not found a command: it is asked, so that the caller is told.</summary>
    private void End(CallAgent call, CallFacts facts, WaitingCaller caller, CallReply reply)
    {
        if (caller.HasLeft) return;
        if (reply is CallReply.AgentFailed { Class: "CommandNotFound" }) Ask(call, facts, caller, andMonitor: false, reply);
        else Tell(caller, reply);
    }

    private void Tell(WaitingCaller caller, CallReply reply) => caller.Tell(CallRules.Because(reply, _facts.Condition()));

    private void Ask(CallAgent call, CallFacts facts, WaitingCaller caller, bool andMonitor, CallReply? error) =>
        AskAsync(_self, call.Command, andMonitor, vm.Spec.Kind, vm.Qemu).PipeTo(
            _self,
            success: told => new Asked(call, caller, facts, told.Answer, told.CannotWake, error),
            failure: fault => new Asked(call, caller, facts, new CommandAnswer(new CommandSupport.NotTold(
                new CallReply.Refused(CallRefusal.Unreachable, fault.Message, "See qgactl vm show"))), null, error));

    private static async Task<(CommandAnswer Answer, CallReply.Refused? CannotWake)> AskAsync(
        IActorRef self, string command, bool andMonitor, IHostKind kind, IMachine? machine)
    {
        var answer = await CommandCheck.AskAsync(self, command);
        return andMonitor && answer.Support is CommandSupport.Offered or CommandSupport.NotUnderstood
            ? (answer, await Waking.ObjectionAsync(kind, machine))
            : (answer, null);
    }

    /// <summary>No window of ours is open, so a guest that says frozen was frozen by somebody else.</summary>
    private void AskStatus(CallAgent call, CallFacts facts, WaitingCaller caller) => vm.Channel.Enqueue(
        GuestFsfreezeStatus.Request,
        GuestFsfreezeStatus.Spec.DefaultTimeout(services.Limits.Timeout),
        ended =>
        {
            if (ended.Outcome is AgentOutcome.NotSent) Tell(caller, CallReplies.Of(call.Command, ended));
            else
                Perform(
                    call,
                    facts with
                    {
                        FrozenByOthers =
                            ended.Outcome is AgentOutcome.Returned r && GuestFsfreezeStatus.SaysFrozen(r.Json),
                    },
                    caller);
        },
        Lane.Thaw);

    /// <summary>A freeze by hand is a window without a cut: in the ledger, with a lease, guarded by the watchdog.</summary>
    private void Freeze(CallAgent call, AgentRequest freeze, CallLimits limits, WaitingCaller caller)
    {
        var window = $"{CallRules.ByHand}{vm.Spec.Id.Name}-{services.Time.GetUtcNow():yyyyMMddTHHmmssfff}";
        var order = new WindowOrder(window, limits.Timeout, limits.Lease, WindowMode.Raw);
        var open = new OpenWindow(order, new ItemId("", 0, 0), null) { Freeze = freeze };
        caller.Window = context.ActorOf(
            ActorProps.Of(() => new RawWindow(open, services.Host, caller.Actor, call.Call, limits.Clamped)));
    }
}

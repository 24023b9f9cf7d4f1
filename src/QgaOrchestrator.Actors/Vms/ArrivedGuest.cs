using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>A guest that came in by migration, until it was seen thawed: performs <see cref="ArrivalRules"/>. Belongs to the
/// <see cref="VmActor"/>.</summary>
internal sealed class ArrivedGuest(
    VmServices services, ServedVm vm, IActorRef self, ITimerScheduler timers, ILoggingAdapter log)
{
    public sealed record Input(ArrivalInput Of) : INoSerializationVerificationNeeded;

    /// <summary>To the VM's actor: what waited for the guest may go on.</summary>
    public sealed record Released : INoSerializationVerificationNeeded;

    private const string Timer = "arrival";

    /// <summary>The agent has answered a sync that begins a link, so it answers this at once.</summary>
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(2);

    public ArrivalState State { get; private set; } = new ArrivalState.Settled();

    public void Step(ArrivalInput input)
    {
        var lease = services.Limits.For(vm.Guest.View.Inventory?.OsId).Lease;
        (State, var effects) = ArrivalRules.Step(State, input, lease, services.Time.Moment());
        foreach (var effect in effects) Perform(effect);
    }

    private void Perform(ArrivalEffect effect)
    {
        switch (effect)
        {
            case ArrivalEffect.AskGuest:
                vm.Channel.Step(new ChannelInput.Awake());
                vm.Channel.Enqueue(GuestFsfreezeStatus.Request, Answer, Hear, Lane.Status);
                break;
            case ArrivalEffect.AskDirectory:
                services.Fleet.Tell(new FindMove(vm.Spec.Id, vm.Machine.Uuid), self);
                break;
            case ArrivalEffect.LookAgain e:
                timers.StartSingleTimer(Timer, new Input(new ArrivalInput.Due()), e.After);
                break;
            case ArrivalEffect.Thaw e:
                log.Warning("{0}: {1}: thawing it", vm.Spec.Id.Name, e.Reason);
                if (!vm.Windows.ThawArrived(e.Reason)) self.Tell(new Input(new ArrivalInput.Thawed()));
                break;
            case ArrivalEffect.Release:
                timers.Cancel(Timer);
                self.Tell(new Released());
                break;
        }
    }

    /// <summary>An agent that offers no freeze is not frozen.</summary>
    private void Hear(CallEnded ended) => self.Tell(new Input(new ArrivalInput.Answered(ended.Outcome switch
    {
        AgentOutcome.Returned status when status.Json.TryRead(GuestFsfreezeStatus.Read, out var said, out _) =>
            said == FreezeStatus.Frozen,
        AgentOutcome.Refused => false,
        _ => null,
    })));
}

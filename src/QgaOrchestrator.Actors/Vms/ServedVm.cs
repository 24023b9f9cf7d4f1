using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// A VM that is there: what its <see cref="VmActor"/> has of it, from the first sight of its sockets until they are gone. Each
/// part holds the state of one idea; they are used on the actor's own thread alone.
/// </summary>
internal sealed class ServedVm : IChannelOwner
{
    public ServedVm(VmServices services, VmSpec spec, IActorContext context, ITimerScheduler timers, ILoggingAdapter log)
    {
        Spec = spec;
        Qemu = services.Machine(spec);
        Channel = new VmChannel(services, spec, this, context.Self, timers);
        Guest = new KnownGuest(services, spec.Id.Name, context.Self, timers, log);
        Machine = new KnownMachine(services, Qemu is not null);
        Windows = new WindowLending(services, this, context, timers, log);
        Calls = new VmCalls(services, this, context);
        Status = new ShownStatus(services, this, context.Self);
    }

    public VmSpec Spec { get; }

    /// <summary>Null where the VM has no monitor.</summary>
    public IMachine? Qemu { get; }

    public VmChannel Channel { get; }

    public KnownGuest Guest { get; }

    public KnownMachine Machine { get; }

    public WindowLending Windows { get; }

    public VmCalls Calls { get; }

    public ShownStatus Status { get; }

    /// <summary>The guest has told of itself.</summary>
    public void Learn(GuestView guest)
    {
        Guest.Learn(guest, Windows.IsOpen);
        Status.Update();
    }

    /// <summary>The monitor has been looked at.</summary>
    /// <returns>It answers again.</returns>
    public bool Learn(MonitorView machine)
    {
        var news = Machine.Learn(machine);
        if (news.Ended is { } process)
        {
            Channel.EndSilent(_ => CallCompletion.Port);
            Windows.QemuEnded(process);
        }
        else if (news.PortClosed)
            Channel.EndSilent(command => SilentCommands.IsShownByPort(command) ? CallCompletion.Port : null);
        if (machine.PortOpen is { } open) Channel.Step(new ChannelInput.PortChanged(open));
        Status.Update();
        return news.CameUp;
    }

    /// <summary>QEMU told of an event.</summary>
    public void Learn(MachineTold told)
    {
        if (told.Event.Change == MachineChange.Woken) Channel.Step(new ChannelInput.Awake());
        else
            Channel.EndSilent(command =>
                SilentCommands.IsShownByEvent(command, told.Event.Name) ? CallCompletion.ByEvent(told.Event.Name) : null);
    }

    /// <summary>The guest was reset: whatever was frozen is thawed, and no window holds.</summary>
    public void Reset()
    {
        Machine.Reset();
        Windows.Break("the guest was reset during the window");
    }

    /// <summary>The actor ends: whoever waits is told.</summary>
    public void Close()
    {
        Qemu?.Close();
        Channel.Close();
        Windows.Close();
    }

    void IChannelOwner.Granted(string window) => Windows.Granted();

    void IChannelOwner.NotGranted(string window, string reason) => Windows.NotGranted(window, reason);

    void IChannelOwner.Stepped(ChannelInput input)
    {
        if (input is ChannelInput.Opened) Guest.AskIfOld();
        Status.Update();
    }
}

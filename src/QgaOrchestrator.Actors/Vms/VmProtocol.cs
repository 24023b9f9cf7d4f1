using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Cut;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>One raw call, answered by <see cref="CallReply"/>.</summary>
public sealed record CallAgent(VmId Vm, string Command, ReadOnlyMemory<byte> Arguments, CallOptions Options)
    : IVmMessage, INoSerializationVerificationNeeded
{
    /// <summary>Identifies the call when its caller hangs up; null: it never does.</summary>
    public Guid? Call { get; init; }

    /// <summary>What the arguments lie in where they hold a secret: overwritten when the command has ended.</summary>
    public Secret? Holder { get; init; }

    public static CallAgent Of(VmId vm, AgentRequest request, CallOptions options) =>
        new(vm, request.Command, request.Arguments, options) { Holder = request.Holder };

    internal AgentRequest Request => Holder is { } secret
        ? AgentRequest.Secretly(Command, secret)
        : new AgentRequest(Command, Arguments);

    /// <summary>Without the arguments, which may hold a secret.</summary>
    public override string ToString() => $"{Command} for {Vm}";
}

/// <summary>The caller of this <see cref="CallAgent"/> is gone: its place in the queue is free, and nobody needs its
/// reply.</summary>
public sealed record HangUp(VmId Vm, Guid Call) : IVmMessage, INoSerializationVerificationNeeded;

/// <summary>Wake a suspended guest, answered by <see cref="CallReply"/>.</summary>
public sealed record WakeVm(VmId Vm) : IVmMessage, INoSerializationVerificationNeeded;

/// <summary>What a VM's own actors say to each other.</summary>
internal interface IChannelMessage : INoSerializationVerificationNeeded;

/// <summary>A command of one of the VM's items, answered by <see cref="CallEnded"/>.</summary>
internal sealed record Submit(AgentRequest Request, TimeSpan Timeout) : IChannelMessage;

/// <summary>How a command ended; <paramref name="Refusal"/> where the channel did not even send it.</summary>
internal sealed record CallEnded(AgentOutcome Outcome, ChannelRefusal? Refusal = null) : IChannelMessage;

/// <summary>
/// Reserve the channel and open a window. Answered by <see cref="WindowRefused"/>, or <see cref="WindowUnsettled"/> (and
/// later still closed), or <see cref="WindowClosed"/>.
/// </summary>
/// <param name="Order">Limits and identity.</param>
/// <param name="Item">Whose window it is.</param>
/// <param name="Cut">What to do while the guest is frozen; null for a raw freeze.</param>
internal sealed record OpenWindow(WindowOrder Order, ItemId Item, Func<TimeSpan, Task<CutOutcome>>? Cut) : IChannelMessage
{
    /// <summary>The freeze itself.</summary>
    public AgentRequest Freeze { get; init; } = GuestFsfreezeFreeze.Request;
}

/// <summary>From an item to its own window: the group's order, or that the group is void.</summary>
internal sealed record SteerWindow(string Window, WindowInput Input) : IChannelMessage;

internal sealed record WindowRefused(string Window, string Reason) : IChannelMessage;

/// <summary>To the VM's actor: the freeze is sent, and until its reply nobody knows whether the guest is frozen.</summary>
internal sealed record WindowFreezing(string Window, DateTimeOffset Since) : IChannelMessage;

/// <summary>The guest is frozen now.</summary>
internal sealed record WindowFrozen(string Window, DateTimeOffset Since, long Count) : IChannelMessage;

/// <summary>To the VM's actor: the caller of a raw freeze has its answer.</summary>
internal sealed record CallOver(Guid Call) : IChannelMessage;

/// <summary>To the VM's actor, from a window's owner whose caller has hung up: a freeze that is not sent yet never
/// is.</summary>
internal sealed record WithdrawWindow(string Window) : IChannelMessage;

/// <summary>A group's member is reserved, or is cut and held.</summary>
internal sealed record WindowMoved(string Window, WindowProgress Progress) : IChannelMessage;

/// <summary>Three rounds of thaw were not answered; more follow.</summary>
internal sealed record WindowUnsettled(string Window, string Reason) : IChannelMessage;

internal sealed record WindowClosed(string Window, WindowRecord Record) : IChannelMessage;

/// <summary>From an item to its VM: what is known of guest and machine? Answered by <see cref="VmDescribed"/>.</summary>
/// <param name="MeetGuest">A guest that has not told of itself yet is asked first: it may have come up this moment.</param>
internal sealed record DescribeVm(bool MeetGuest = false) : INoSerializationVerificationNeeded;

/// <param name="SlowFreeze">Its last freeze took more than a second.</param>
/// <param name="Age">Since the guest was seen to be reset, or its agent to open its port; null where neither was seen.</param>
internal sealed record VmDescribed(MonitorView Machine, GuestView Guest, bool SlowFreeze, TimeSpan? Age)
    : INoSerializationVerificationNeeded
{
    /// <summary>Bytes, see <see cref="IAgent.LargestReply"/>.</summary>
    public long? LargestReply { get; init; }

    /// <summary>The same with its guest asked first, where that has not told of itself yet and answers soon enough.</summary>
    public async Task<VmDescribed> MetAsync(IActorRef vm)
    {
        if (Guest.IsMet) return this;
        try
        {
            return await vm.Ask<VmDescribed>(new DescribeVm(MeetGuest: true), TimeSpan.FromSeconds(30));
        }
        catch (AskTimeoutException)
        {
            return this;
        }
    }
}

/// <summary>To the VM: the run that works on it, null for none.</summary>
internal sealed record WorksFor(string? Run) : INoSerializationVerificationNeeded;

/// <summary>To the VM's items: their guest has left this QEMU by migration, or is here again.</summary>
internal sealed record GuestLeft(bool Left) : INoSerializationVerificationNeeded;

/// <summary>To the VM's items: the monitor has come back, or an adopted window is closed. What no run knows any more can be
/// removed.</summary>
internal sealed record SweepItems : INoSerializationVerificationNeeded;

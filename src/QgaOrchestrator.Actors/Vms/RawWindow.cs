using System.Text.Json;
using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// A caller's own freeze: the owner of its window. Answers the caller when the guest is frozen, and removes the entry from the
/// ledger when the guest is thawed, by any program. A caller who hangs up before the freeze is sent has it withdrawn; later the
/// window keeps its lease. Child of the <see cref="VmActor"/>, lives as long as the window.
/// </summary>
internal sealed class RawWindow : ReceiveActor
{
    /// <summary>The caller is gone.</summary>
    public sealed record CallerLeft : IChannelMessage;

    private readonly Guid? _call;
    private readonly CallClamp? _clamped;
    private IActorRef? _caller;

    public RawWindow(OpenWindow order, IActorRef host, IActorRef caller, Guid? call, CallClamp? clamped)
    {
        (_caller, _call, _clamped) = (caller, call, clamped);
        Receive<WindowFrozen>(m => Answer(new CallReply.Returned(JsonSerializer.SerializeToUtf8Bytes(m.Count))));
        Receive<WindowUnsettled>(m =>
            Answer(new CallReply.Unknown(m.Reason, "The guest may be frozen; the node keeps thawing it. See qgactl vm show"))
        );
        Receive<CallerLeft>(_ =>
        {
            if (_caller is null) return;
            _caller = null;
            Context.Parent.Tell(new WithdrawWindow(order.Order.Id));
        });
        Receive<WindowRefused>(m =>
        {
            Answer(
                new CallReply.Refused(CallRefusal.Unreachable, m.Reason, "Check that qemu-ga runs in the guest: qgactl vm show"));
            Context.Stop(Self);
        });
        Receive<WindowClosed>(m =>
        {
            Answer(m.Record.Frozen == 0
                ? new CallReply.Returned(JsonSerializer.SerializeToUtf8Bytes(0))
                : new CallReply.AgentFailed("GenericError", m.Record.Broken ?? "the guest did not freeze"));
            host.Tell(new RemoveEntry(order.Order.Id));
            Context.Stop(Self);
        });
        Context.Parent.Tell(order);
    }

    private void Answer(CallReply reply)
    {
        _caller?.Tell(_clamped is null ? reply : reply with { Clamped = _clamped });
        _caller = null;
        if (_call is { } call) Context.Parent.Tell(new CallOver(call));
    }
}

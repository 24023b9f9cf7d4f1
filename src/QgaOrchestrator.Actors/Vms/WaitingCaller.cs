using Akka.Actor;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Qemu.Agent;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// A caller that waits for its own agent command: it is answered once, and not at all after it has hung up. Belongs to the
/// <see cref="VmActor"/> and is touched by it alone.
/// </summary>
internal sealed class WaitingCaller(IActorRef actor, CallClamp? clamped, Action over)
{
    public IActorRef Actor => actor;

    /// <summary>What waits for the channel on the caller's behalf.</summary>
    public long? Ticket { get; set; }

    /// <summary>The actor that opens a window on the caller's behalf.</summary>
    public IActorRef? Window { get; set; }

    /// <summary>A thaw is sent even if the caller hangs up: a guest that stays frozen helps nobody.</summary>
    public bool Thaws { get; init; }

    /// <summary>What the call's arguments lie in where they hold a secret.</summary>
    public Secret? Holder { get; init; }

    public bool HasLeft { get; private set; }

    public void Tell(CallReply reply)
    {
        Holder?.Dispose();
        if (!HasLeft) HandOver().Tell(clamped is null ? reply : reply with { Clamped = clamped });
    }

    /// <summary>Another actor answers the caller.</summary>
    public IActorRef HandOver()
    {
        over();
        return actor;
    }

    public void HangUp()
    {
        HasLeft = true;
        // What the channel has, it overwrites itself.
        if (Ticket is null) Holder?.Dispose();
        over();
    }
}

/// <summary>The callers that may hang up, by their calls.</summary>
internal sealed class WaitingCallers
{
    private readonly Dictionary<Guid, WaitingCaller> _open = [];

    public WaitingCaller Add(CallAgent call, IActorRef actor, CallClamp? clamped, bool thaws)
    {
        if (call.Call is not { } id) return With(static () => { });
        return _open[id] = With(() => _open.Remove(id));

        WaitingCaller With(Action over) => new(actor, clamped, over) { Thaws = thaws, Holder = call.Holder };
    }

    /// <summary>The caller of this call; null: it has been answered already.</summary>
    public WaitingCaller? Find(Guid call) => _open.GetValueOrDefault(call);

    public void Forget(Guid call) => _open.Remove(call);
}

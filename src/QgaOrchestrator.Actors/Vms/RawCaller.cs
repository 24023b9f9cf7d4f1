using Akka.Actor;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>
/// Who waits for a raw call: he is answered once, and not at all when he has hung up. Belongs to the <see cref="VmActor"/>
/// and is touched by it alone.
/// </summary>
internal sealed class RawCaller(IActorRef actor, CallClamp? clamped, Action over)
{
    public IActorRef Actor => actor;

    /// <summary>What waits for the channel on his behalf.</summary>
    public long? Ticket { get; set; }

    /// <summary>Who opens a window on his behalf.</summary>
    public IActorRef? Window { get; set; }

    /// <summary>It goes out though he hangs up: nobody is helped by a guest that stays frozen.</summary>
    public bool Thaws { get; set; }

    public bool HasLeft { get; private set; }

    public void Tell(CallReply reply)
    {
        if (!HasLeft) HandOver().Tell(clamped is null ? reply : reply with { Clamped = clamped });
    }

    /// <summary>Somebody else answers him.</summary>
    public IActorRef HandOver()
    {
        over();
        return actor;
    }

    public void HangUp()
    {
        HasLeft = true;
        over();
    }
}

/// <summary>The callers that may hang up, by their calls.</summary>
internal sealed class RawCallers
{
    private readonly Dictionary<Guid, RawCaller> _open = [];

    public RawCaller Add(CallAgent call, IActorRef actor, CallClamp? clamped)
    {
        if (call.Call is not { } id) return new RawCaller(actor, clamped, static () => { });
        return _open[id] = new RawCaller(actor, clamped, () => _open.Remove(id));
    }

    /// <summary>Whose call it is; null: he has been answered already.</summary>
    public RawCaller? Find(Guid call) => _open.GetValueOrDefault(call);

    public void Forget(Guid call) => _open.Remove(call);
}

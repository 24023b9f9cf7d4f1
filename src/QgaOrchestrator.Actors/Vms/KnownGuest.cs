using Akka.Actor;
using Akka.Event;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors.Vms;

/// <summary>What is known of a VM's guest, and when it is asked again. Belongs to the <see cref="VmActor"/>.</summary>
/// <param name="self">The actor: the guest is asked through its channel, and the answer comes to it.</param>
internal sealed class KnownGuest(VmServices services, string vm, IActorRef self, ITimerScheduler timers, ILoggingAdapter log)
{
    public sealed record AskAgain : INoSerializationVerificationNeeded;

    /// <summary>A link that is opened anew asks the guest about itself again after this long.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromMinutes(5);

    /// <summary>The same where the guest did not answer all of it.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(30);

    /// <summary>A guest that somebody else froze is asked this often whether it still is.</summary>
    private static readonly TimeSpan FrozenAge = TimeSpan.FromSeconds(5);

    private readonly List<IActorRef> _waiting = [];

    private bool _asking;
    private Moment? _asked;

    public GuestView View { get; private set; } = new();

    /// <summary>The link was opened.</summary>
    public void AskIfOld()
    {
        if (IsOlder(View.At, Age) && IsOlder(_asked, Retry)) Ask();
    }

    /// <summary>Asks it now; <paramref name="waiting"/> waits for that.</summary>
    public void Meet(IActorRef waiting)
    {
        _waiting.Add(waiting);
        Ask();
    }

    /// <returns>Who waited for what the guest has told now, or did not.</returns>
    public IReadOnlyList<IActorRef> TakeWaiting()
    {
        IReadOnlyList<IActorRef> waiting = [.. _waiting];
        _waiting.Clear();
        return waiting;
    }

    public void Ask()
    {
        if (_asking) return;
        _asking = true;
        _asked = services.Time.Moment();
        var known = View;
        GuestView.AskAsync(self, known, services.Time).PipeTo(self, failure: _ => known);
    }

    /// <param name="inWindow">A window of ours is open: the guest may be frozen by us.</param>
    public void Learn(GuestView guest, bool inWindow)
    {
        if (guest.FoundFrozen && !View.FoundFrozen && !inWindow)
            log.Warning("{0}: found frozen by somebody else; qgactl thaw {0} --force thaws it", vm);
        View = guest.Info is { } info ? guest with { Info = services.Agents.Share(info) } : guest;
        _asking = false;
        if (guest.FoundFrozen) timers.StartSingleTimer("guest", new AskAgain(), FrozenAge);
    }

    private bool IsOlder(Moment? at, TimeSpan age) => at is not { } then || services.Time.Moment() - then > age;
}

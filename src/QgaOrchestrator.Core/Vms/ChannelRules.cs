namespace QgaOrchestrator.Core.Vms;

/// <summary>
/// The rules of a channel: one request in flight, thaw first, nothing sent before the sync is answered, an absent agent
/// probed with back-off, the whole channel lent to a window from its reservation to its settlement. A thaw that finds a command
/// in flight sends a sync behind it, and follows on the same link when the agent has answered the sync. The link is not closed,
/// not even when the command's limit passes: the socket would go to the next program that waits for it.
/// </summary>
public static class ChannelRules
{
    /// <summary>After a failed probe, commands are refused at once for this long.</summary>
    public static readonly TimeSpan FailureHolds = TimeSpan.FromSeconds(3);

    /// <summary>The loss of a link that was open for this long is not held against the guest.</summary>
    private static readonly TimeSpan SteadyAfter = TimeSpan.FromMinutes(1);

    /// <summary>What a thaw is given beyond the limit of the command in flight: for the sync behind it, and once for a new
    /// link.</summary>
    public static readonly TimeSpan BehindCommand = TimeSpan.FromSeconds(5);

    private const string InQuarantine = "the guest may be frozen and has not answered; only its thaw is let through";

    private static readonly TimeSpan FirstProbe = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastProbe = TimeSpan.FromSeconds(60);

    public static (Channel State, IReadOnlyList<ChannelEffect> Effects) Step(Channel channel, ChannelInput input, Moment now)
    {
        var effects = new List<ChannelEffect>();
        channel = Apply(channel, input, now, effects);
        channel = Next(channel, now, effects);
        return (channel, effects);
    }

    /// <summary>Time until the next probe after so many failures: 1 s doubling to 60 s, give or take a quarter.</summary>
    public static TimeSpan NextProbeAfter(string vm, int failures) =>
        Backoff.After(failures, FirstProbe, LastProbe, scatter: 0.25, luck: Scatter(vm, failures));

    private static Channel Apply(Channel c, ChannelInput input, Moment now, List<ChannelEffect> effects)
    {
        switch (input)
        {
            case ChannelInput.Submitted i:
                return Submit(c, i, now, effects);

            case ChannelInput.Opened when c.Link is ChannelLink.Opening:
                return c with
                {
                    Link = new ChannelLink.Ready(),
                    Failures = 0,
                    LastFailure = null,
                    LostAt = null,
                    OpenedAt = now,
                    Reason = null,
                    Remedy = null,
                };

            case ChannelInput.OpenFailed i when c.Link is ChannelLink.Opening:
                return Failed(c, i.Reason, now, effects) with { Remedy = i.Remedy };

            case ChannelInput.Answered i when c.Link is ChannelLink.Busy busy && busy.Ticket == i.Ticket:
                return (i.LinkOpen, busy.Behind) switch
                {
                    (false, _) => Down(c, i.Reason, now),
                    (true, SyncBehind.Sent) => c with { Link = new ChannelLink.Flushing(i.Ticket) },
                    _ => c with { Link = new ChannelLink.Ready() },
                };

            // The ends of the command and of the sync are told separately, in any order.
            case ChannelInput.SyncEnded i
                when c.Link is ChannelLink.Busy { Behind: SyncBehind.Sent } busy && busy.Ticket == i.Ticket:
                return c with { Link = busy with { Behind = SyncBehind.Answered } };

            case ChannelInput.SyncEnded i when c.Link is ChannelLink.Flushing flushing && flushing.Ticket == i.Ticket:
                return i.LinkOpen ? c with { Link = new ChannelLink.Ready() } : Down(c, i.Reason, now);

            case ChannelInput.Withdrawn i:
                return Without(c, waiting => waiting.Ticket == i.Ticket);

            case ChannelInput.LinkLost i when c.Link is not (ChannelLink.Opening or ChannelLink.Down):
                return c.Reserved ? c with { Reason = i.Reason } : Down(c, i.Reason, now);

            case ChannelInput.Reserve i:
                if (c.Quarantined)
                {
                    effects.Add(
                        new ChannelEffect.NotGranted(
                            i.Window,
                            "the guest may still be frozen by an earlier window and has not answered since"
                        )
                    );
                    return c;
                }
                if (c.ReservedFor is null) return c with { ReservedFor = i.Window };
                if (c.ReservedFor != i.Window)
                    effects.Add(new ChannelEffect.NotGranted(i.Window, $"the channel is reserved for {c.ReservedFor}"));
                return c;

            case ChannelInput.Unreserve i when c is { Reserved: false } && c.ReservedFor == i.Window:
                return c with { ReservedFor = null };

            case ChannelInput.Adopted i:
                if (c is { Reserved: false, ReservedFor: { } waiting } && waiting != i.Window)
                    effects.Add(
                        new ChannelEffect.NotGranted(
                            waiting,
                            $"the window {i.Window} was left open on this guest and is thawed first"
                        )
                    );
                return c with { ReservedFor = i.Window, Reserved = true, Link = new ChannelLink.Ready() };

            case ChannelInput.Confirmed { InSync: true } when c is { Link: ChannelLink.Confirming, ReservedFor: null }:
                return c with { Link = new ChannelLink.Ready() };

            case ChannelInput.Confirmed { InSync: true } when c is { Link: ChannelLink.Confirming, ReservedFor: { } window }:
                effects.Add(new ChannelEffect.Granted(window));
                return c with { Link = new ChannelLink.Ready(), Reserved = true };

            case ChannelInput.Confirmed i when c.Link is ChannelLink.Confirming:
                if (c.ReservedFor is { } wanting)
                    effects.Add(new ChannelEffect.NotGranted(wanting, i.Reason ?? "the agent has not answered a sync"));
                effects.Add(new ChannelEffect.Close());
                return Down(c with { ReservedFor = null }, i.Reason, now);

            case ChannelInput.Release i when c.ReservedFor == i.Window:
                c = c with { ReservedFor = null, Reserved = false };
                if (i.LinkOpen && c.Away is null) return c with { Link = new ChannelLink.Ready() };
                if (i.LinkOpen) effects.Add(new ChannelEffect.Close());
                return Down(c, c.Reason, now);

            case ChannelInput.PortChanged i:
                // An agent that has come back is worth a probe now, whatever the back-off says.
                return i.Open && c.PortOpen != true && c.Link is ChannelLink.Down
                    ? c with { PortOpen = true, LastFailure = null, LostAt = null, Failures = 0, Losses = 0 }
                    : c with { PortOpen = i.Open };

            case ChannelInput.Awake:
                return c with { Failures = 0, LastFailure = c.Link is ChannelLink.Down ? null : c.LastFailure };

            case ChannelInput.GuestAway { Reason: null }:
                return c.Away is null
                    ? c
                    : c with
                    {
                        Away = null,
                        Reason = null,
                        Remedy = null,
                        Failures = 0,
                        LastFailure = null,
                        LostAt = null,
                        Losses = 0,
                    };

            case ChannelInput.GuestAway { Reason: { } reason } i:
                if (!c.Reserved && c.Link is not ChannelLink.Down) effects.Add(new ChannelEffect.Close());
                return c.Reserved
                    ? Refused(c, reason, effects) with { Away = reason, Reason = reason, Remedy = i.Remedy }
                    : Refused(NotGranted(c, reason, effects), reason, effects) with
                    {
                        Link = new ChannelLink.Down(),
                        Away = reason,
                        Reason = reason,
                        Remedy = i.Remedy,
                    };

            case ChannelInput.Quarantine i:
                return i.On ? Isolate(c, effects) : c with { Quarantined = false };

            default:
                return c;
        }
    }

    private static Channel Submit(Channel c, ChannelInput.Submitted i, Moment now, List<ChannelEffect> effects)
    {
        if (c.Away is { } away)
        {
            effects.Add(new ChannelEffect.Refuse(i.Ticket, ChannelRefusal.Unreachable, away));
            return c;
        }
        var waiting = new Waiting(i.Ticket, i.Deadline, i.Deadline - now, i.Thaws);
        if (i.ThawLane) return c with { ThawLane = c.ThawLane.Enqueue(waiting) };

        (ChannelRefusal Why, string Reason)? refusal = c switch
        {
            { Quarantined: true } => (ChannelRefusal.Quarantined, InQuarantine),
            { Waiting: >= Channel.QueueLimit } =>
                (ChannelRefusal.QueueFull, $"{Channel.QueueLimit} commands already wait for this guest"),
            { Link: ChannelLink.Down, LastFailure: { } failed } when now - failed < FailureHolds =>
                (ChannelRefusal.Unreachable, c.Reason ?? "the agent does not answer"),
            _ => null,
        };
        if (refusal is not { } r) return c with { Queue = c.Queue.Enqueue(waiting), Waiting = c.Waiting + 1 };

        effects.Add(new ChannelEffect.Refuse(i.Ticket, r.Why, r.Reason));
        return c;
    }

    /// <summary>Commands that wait for a guest that may never answer are refused at once.</summary>
    private static Channel Isolate(Channel c, List<ChannelEffect> effects)
    {
        foreach (var waiting in c.Queue)
            effects.Add(new ChannelEffect.Refuse(waiting.Ticket, ChannelRefusal.Quarantined, InQuarantine));
        return c with { Quarantined = true, Queue = [], Waiting = 0 };
    }

    /// <summary>Begins what the link's state allows, and sets the alarm for what only time can begin or end.</summary>
    private static Channel Next(Channel c, Moment now, List<ChannelEffect> effects)
    {
        c = Bound(Begin(DropExpired(Bound(c), now, effects), now, effects));
        var probe = c.Link is ChannelLink.Down ? NextProbe(c) : null;
        var expiries = c.Queue.Concat(c.ThawLane).Select(waiting => (Moment?)waiting.Deadline);
        if (expiries.Append(probe).OfType<Moment>().OrderBy(at => at.Monotonic).Cast<Moment?>().FirstOrDefault() is { } wake)
            effects.Add(new ChannelEffect.WakeAt(wake));
        return c;
    }

    private static Channel Begin(Channel c, Moment now, List<ChannelEffect> effects)
    {
        switch (c.Link)
        {
            case ChannelLink.Down when Wanted(c, now):
                effects.Add(new ChannelEffect.Open());
                return c with { Link = new ChannelLink.Opening() };

            case ChannelLink.Ready when !c.ThawLane.IsEmpty && !c.Reserved:
                c = c with { ThawLane = c.ThawLane.Dequeue(out var thaw) };
                effects.Add(new ChannelEffect.Send(thaw.Ticket));
                return c with { Link = new ChannelLink.Busy(thaw.Ticket, now + thaw.Limit) };

            case ChannelLink.Busy { Behind: SyncBehind.None } busy
                when c is { Reserved: false } && c.ThawLane.Any(waiting => waiting.Thaws):
                effects.Add(new ChannelEffect.Follow(busy.Ticket));
                return c with { Link = busy with { Behind = SyncBehind.Sent } };

            case ChannelLink.Ready when c is { Reserved: false, ReservedFor: not null }:
                effects.Add(new ChannelEffect.Confirm());
                return c with { Link = new ChannelLink.Confirming() };

            case ChannelLink.Ready when c is { Reserved: false, Quarantined: false } && !c.Queue.IsEmpty:
                c = c with { Queue = c.Queue.Dequeue(out var next), Waiting = c.Waiting - 1 };
                effects.Add(new ChannelEffect.Send(next.Ticket));
                return c with { Link = new ChannelLink.Busy(next.Ticket, now + next.Limit) };

            case ChannelLink.Ready when c is { Reserved: false, Policy.HoldsSocket: false }:
                effects.Add(new ChannelEffect.Close());
                return c with { Link = new ChannelLink.Down() };

            default:
                return c;
        }
    }

    private static bool Wanted(Channel c, Moment now) => c.Away is null && (
        !c.ThawLane.IsEmpty || c.ReservedFor is not null || c.Waiting > 0
        || (NextProbe(c) is { } at && now.Monotonic >= at.Monotonic));

    /// <summary>When an idle channel that is down is tried again; null: when somebody asks.</summary>
    private static Moment? NextProbe(Channel c) => c switch
    {
        { Away: not null } => null,
        { LastFailure: { } failed } => failed + NextProbeAfter(c.Policy.Vm, c.Failures),
        // A guest that drops or floods each link at once is probed ever more rarely.
        { Policy.HoldsSocket: true } =>
            c.LostAt is { } lost ? lost + (c.Losses <= 1 ? FirstProbe : NextProbeAfter(c.Policy.Vm, c.Losses)) : default(Moment),
        _ => null,
    };

    private static Channel Failed(Channel c, string reason, Moment now, List<ChannelEffect> effects) =>
        NotGranted(Refused(c, reason, effects), reason, effects) with
        {
            Link = new ChannelLink.Down(),
            Failures = c.Failures + 1,
            LastFailure = now,
            Reason = reason,
        };

    /// <summary>Whatever waits is refused.</summary>
    private static Channel Refused(Channel c, string reason, List<ChannelEffect> effects)
    {
        foreach (var waiting in c.Queue.Concat(c.ThawLane))
            effects.Add(new ChannelEffect.Refuse(waiting.Ticket, ChannelRefusal.Unreachable, reason));
        return c with { Queue = [], ThawLane = [], Waiting = 0 };
    }

    private static Channel NotGranted(Channel c, string reason, List<ChannelEffect> effects)
    {
        if (c.ReservedFor is { } window) effects.Add(new ChannelEffect.NotGranted(window, reason));
        return c with { ReservedFor = null };
    }

    private static Channel Down(Channel c, string? reason, Moment now) => c with
    {
        Link = new ChannelLink.Down(),
        LostAt = now,
        Losses = c.OpenedAt is { } opened && now - opened < SteadyAfter ? c.Losses + 1 : 1,
        Reason = reason ?? c.Reason,
    };

    private static Channel DropExpired(Channel c, Moment now, List<ChannelEffect> effects)
    {
        var expired = c.Queue.Concat(c.ThawLane).Where(waiting => IsPast(waiting.Deadline)).ToList();
        if (expired.Count == 0) return c;
        foreach (var waiting in expired)
            effects.Add(
                new ChannelEffect.Refuse(
                    waiting.Ticket,
                    ChannelRefusal.Expired,
                    "its time limit passed while it waited for the channel"
                )
            );
        return Without(c, waiting => IsPast(waiting.Deadline));

        bool IsPast(Moment deadline) => now.Monotonic >= deadline.Monotonic;
    }

    /// <summary>A thaw waits for the command in flight as long as that may take, though its own limit is shorter.</summary>
    private static Channel Bound(Channel c)
    {
        if (c.Link is not ChannelLink.Busy busy) return c;
        var until = busy.Until + BehindCommand;
        return c.ThawLane.Any(IsShort)
            ? c with
            {
                ThawLane = [.. c.ThawLane.Select(waiting => IsShort(waiting) ? waiting with { Deadline = until } : waiting)],
            }
            : c;

        bool IsShort(Waiting waiting) => waiting.Thaws && waiting.Deadline.Monotonic < until.Monotonic;
    }

    private static Channel Without(Channel c, Func<Waiting, bool> goes)
    {
        var left = c.Queue.Where(waiting => !goes(waiting)).ToList();
        return c with { Queue = [.. left], Waiting = left.Count, ThawLane = [.. c.ThawLane.Where(waiting => !goes(waiting))] };
    }

    /// <summary>A number in [0, 1) that differs between VMs and between attempts, the same in every run (FNV-1a).</summary>
    private static double Scatter(string vm, int failures)
    {
        var hash = 2166136261u;
        foreach (var c in vm) hash = (hash ^ c) * 16777619u;
        hash = (hash ^ (uint)failures) * 16777619u;
        return (hash >> 8) / (double)(1 << 24);
    }
}

using System.Collections.Immutable;

namespace QgaOrchestrator.Core.Vms;

/// <summary>A VM's channel: its link, the commands that wait for it, and why it cannot be used.</summary>
public sealed record Channel
{
    /// <summary>Commands that may wait; one more is refused.</summary>
    public const int QueueLimit = 64;

    public required ChannelPolicy Policy { get; init; }

    public ChannelLink Link { get; init; } = new ChannelLink.Down();

    /// <summary>Commands in the order of their arrival.</summary>
    public ImmutableQueue<Waiting> Queue { get; init; } = [];

    /// <summary>Thaw and fsfreeze-status: served before anything else, never refused because the queue is full.</summary>
    public ImmutableQueue<Waiting> ThawLane { get; init; } = [];

    public int Waiting { get; init; }

    /// <summary>A window that wants the channel, or has it.</summary>
    public string? ReservedFor { get; init; }

    /// <summary>The window has the channel: nothing else is sent until it is released.</summary>
    public bool Reserved { get; init; }

    /// <summary>A guest that may be frozen and does not answer: only its thaw is let through.</summary>
    public bool Quarantined { get; init; }

    /// <summary>Probes that failed in a row.</summary>
    public int Failures { get; init; }

    public Moment? LastFailure { get; init; }

    /// <summary>When the link was lost; null: it is open, or never was.</summary>
    public Moment? LostAt { get; init; }

    public Moment? OpenedAt { get; init; }

    /// <summary>Links that were lost soon after they had opened, in a row.</summary>
    public int Losses { get; init; }

    /// <summary>Why the agent is not reachable, in words.</summary>
    public string? Reason { get; init; }

    /// <summary>What to do about <see cref="Reason"/>, where the agent itself told why.</summary>
    public string? Remedy { get; init; }

    /// <summary>Why there is no guest behind this channel: it has left by migration, or has not come yet; null: there is. No
    /// link is opened meanwhile, so that the first one meets the guest.</summary>
    public string? Away { get; init; }

    /// <summary>QEMU says that nobody in the guest has the port open (VSERPORT_CHANGE, frontend-open).</summary>
    public bool? PortOpen { get; init; }
}

/// <summary>What is fixed when a channel is made.</summary>
/// <param name="Vm">Seeds the jitter, so that a thousand absent agents are not probed in one instant.</param>
/// <param name="HoldsSocket">False: the socket is released after each command (per-command).</param>
public sealed record ChannelPolicy(string Vm, bool HoldsSocket);

/// <summary>A command that waits.</summary>
/// <param name="Ticket">Its owner's name for it.</param>
/// <param name="Deadline">When it is refused because it has waited too long.</param>
/// <param name="Limit">How long its reply may take once it is sent.</param>
/// <param name="Thaws">A thaw, or the look before it.</param>
public sealed record Waiting(long Ticket, Moment Deadline, TimeSpan Limit, bool Thaws);

/// <summary>The sync that a thaw sends behind the command in flight.</summary>
public enum SyncBehind { None, Sent, Answered }

/// <summary>The state of the link.</summary>
public abstract record ChannelLink
{
    private ChannelLink() { }

    public sealed record Down : ChannelLink;

    public sealed record Opening : ChannelLink;

    public sealed record Ready : ChannelLink;

    /// <param name="Ticket">The command in flight.</param>
    /// <param name="Until">When it is given up.</param>
    public sealed record Busy(long Ticket, Moment Until) : ChannelLink
    {
        public SyncBehind Behind { get; init; }
    }

    /// <summary>Nobody waits for the command any more, and the sync behind it is not answered yet.</summary>
    public sealed record Flushing(long Ticket) : ChannelLink;

    /// <summary>The sync that makes a reservation good.</summary>
    public sealed record Confirming : ChannelLink;
}

public abstract record ChannelInput
{
    private ChannelInput() { }

    public sealed record Submitted(long Ticket, Moment Deadline, bool ThawLane = false) : ChannelInput
    {
        /// <summary>A thaw, or the look before it: it does not wait for the command in flight to end, but goes out behind
        /// it.</summary>
        public bool Thaws { get; init; }
    }

    /// <summary>The caller has left: a command that is not sent yet never is.</summary>
    public sealed record Withdrawn(long Ticket) : ChannelInput;

    public sealed record Opened : ChannelInput;

    /// <param name="Remedy">What to do, where the agent said why it does not take part.</param>
    public sealed record OpenFailed(string Reason, string? Remedy = null) : ChannelInput;

    /// <summary>The call in flight has ended; whether its link survived.</summary>
    public sealed record Answered(long Ticket, bool LinkOpen, string? Reason = null) : ChannelInput;

    /// <summary>The sync behind the command in flight has ended; whether the link survived.</summary>
    public sealed record SyncEnded(long Ticket, bool LinkOpen, string? Reason = null) : ChannelInput;

    public sealed record LinkLost(string Reason) : ChannelInput;

    /// <summary>A window asks for the channel.</summary>
    public sealed record Reserve(string Window) : ChannelInput;

    /// <summary>A window that waits for the channel no longer wants it.</summary>
    public sealed record Unreserve(string Window) : ChannelInput;

    /// <summary>An earlier process's window is still open: it has the channel before anything else.</summary>
    public sealed record Adopted(string Window) : ChannelInput;

    /// <summary>The reservation's sync has ended.</summary>
    public sealed record Confirmed(bool InSync, string? Reason = null) : ChannelInput;

    public sealed record Release(string Window, bool LinkOpen) : ChannelInput;

    public sealed record PortChanged(bool Open) : ChannelInput;

    /// <summary>The guest woke: it is worth a probe now, whatever the back-off says.</summary>
    public sealed record Awake : ChannelInput;

    public sealed record Quarantine(bool On) : ChannelInput;

    /// <summary>There is no guest behind the channel (<paramref name="Reason"/>), or there is one now (null). Whatever waits
    /// is told, and not executed.</summary>
    public sealed record GuestAway(string? Reason, string? Remedy = null) : ChannelInput;

    /// <summary>The moment that <see cref="ChannelEffect.WakeAt"/> named.</summary>
    public sealed record Woken : ChannelInput;
}

public abstract record ChannelEffect
{
    private ChannelEffect() { }

    /// <summary>Connect and sync; answered by Opened or OpenFailed.</summary>
    public sealed record Open : ChannelEffect;

    public sealed record Close : ChannelEffect;

    public sealed record Send(long Ticket) : ChannelEffect;

    /// <summary>0xFF and a sync behind the command in flight, on its link; answered by SyncEnded.</summary>
    public sealed record Follow(long Ticket) : ChannelEffect;

    public sealed record Refuse(long Ticket, ChannelRefusal Why, string Reason) : ChannelEffect;

    /// <summary>A sync on the open link, answered by Confirmed.</summary>
    public sealed record Confirm : ChannelEffect;

    public sealed record Granted(string Window) : ChannelEffect;

    public sealed record NotGranted(string Window, string Reason) : ChannelEffect;

    /// <summary>One alarm, replaced by each new one.</summary>
    public sealed record WakeAt(Moment At) : ChannelEffect;
}

public enum ChannelRefusal { QueueFull, Unreachable, Expired, Quarantined }

using System.Collections.Immutable;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Hosts;

/// <summary>What a node knows as the guard of its host's guests. After a restart it has only what the ledger holds.</summary>
public sealed record GuardState
{
    public static GuardState Start { get; } = new();

    /// <summary>Windows whose entry is in the ledger, by their identity.</summary>
    public ImmutableSortedDictionary<string, GuardedWindow> Windows { get; init; } =
        ImmutableSortedDictionary.Create<string, GuardedWindow>(StringComparer.Ordinal);

    public WatchdogSight Watchdog { get; init; }

    /// <summary>Why the node stops; null while it does not.</summary>
    public string? Stopping { get; init; }
}

public enum WatchdogSight
{
    /// <summary>One is just being reached, ours or its successor: a window that wants to open waits for it.</summary>
    Reaching,

    /// <summary>Connected, and it answers.</summary>
    Guarding,

    /// <summary>None can be reached, or it does not answer: no guest is frozen.</summary>
    Missing,
}

/// <summary>One window whose entry is in the ledger.</summary>
public sealed record GuardedWindow(string Vm)
{
    /// <summary>An actor of this process has it, and is watched. One of an earlier process has none until it is
    /// adopted.</summary>
    public bool Held { get; init; }

    /// <summary>When its thaw must have begun; null: no freeze of this process was sent, or nobody here can thaw it.</summary>
    public Moment? ThawDue { get; init; }

    /// <summary>A thaw was begun, and it is repeated until the guest is thawed.</summary>
    public bool Thawing { get; init; }

    /// <summary>When it was told that its limit passed, and it has not said since that it heard.</summary>
    public Moment? Unheard { get; init; }

    public bool Thawed { get; init; }

    /// <summary>Its run has journalled how it ended, or it has none: nobody needs the entry any more.</summary>
    public bool Journalled { get; init; }

    /// <summary>The audit log is being told of its thaw from this entry.</summary>
    public bool Auditing { get; init; }
}

/// <summary>What the ledger holds for a VM that a window wants to open on.</summary>
public sealed record EntryOnDisk(string Window, bool Thawed);

/// <summary>Whether a window may open, and so freeze.</summary>
public enum OpenAnswer
{
    Yes,

    /// <summary>A watchdog is just being reached: ask again when it is, or is not.</summary>
    Wait,

    /// <summary>The node stops.</summary>
    Stopping,

    /// <summary>The host is being emptied.</summary>
    Draining,

    /// <summary>Nobody would thaw the guest if this node ended.</summary>
    Unguarded,

    /// <summary>The VM's entry names another window whose guest may be frozen: overwritten, it would be forgotten.</summary>
    LeftOpen,
}

public abstract record GuardInput
{
    private GuardInput() { }

    /// <summary>At the start: an entry that an earlier process left.</summary>
    public sealed record Found(string Window, string Vm, bool Thawed) : GuardInput;

    /// <summary>A window's entry is written; its actor is watched from now on.</summary>
    public sealed record Opened(string Window, string Vm) : GuardInput;

    /// <summary>A window sends its freeze.</summary>
    /// <param name="ThawDue">When its thaw must have begun: its sending and <see cref="WindowOrder.ThawDue"/>.</param>
    public sealed record FreezeSent(string Window, Moment ThawDue) : GuardInput;

    /// <summary>A window's thaw has begun, or the sync behind its overdue freeze; or the program that holds the agent's lock
    /// thaws it.</summary>
    public sealed record ThawBegun(string Window) : GuardInput;

    /// <summary>A window is settled, by any program.</summary>
    public sealed record Settled(string Window) : GuardInput;

    /// <summary>Nobody needs a window's entry any more.</summary>
    public sealed record Journalled(string Window) : GuardInput;

    public sealed record Auditing(string Window) : GuardInput;

    public sealed record Audited(string Window) : GuardInput;

    /// <summary>A limit that was armed for a window has passed.</summary>
    public sealed record LimitPassed(string Window, WindowLimit Limit) : GuardInput;

    /// <summary>A window said that it heard its limit, or armed another.</summary>
    public sealed record Heard(string Window) : GuardInput;

    /// <summary>The actor of a window has ended.</summary>
    /// <param name="VmIsHere">The VM's sockets are on this host, so that somebody can thaw.</param>
    public sealed record Ended(string Window, bool VmIsHere) : GuardInput;

    public sealed record Watchdog(WatchdogSight Sight) : GuardInput;

    /// <summary>The node stops: no window opens any more, and the open ones are thawed.</summary>
    public sealed record Stop(string Reason) : GuardInput;
}

public abstract record GuardEffect
{
    private GuardEffect() { }

    /// <summary>Tell the window that its limit passed; it is to say at once that it heard.</summary>
    public sealed record TellLimit(string Window, WindowLimit Limit) : GuardEffect;

    /// <summary>Delete the entry.</summary>
    public sealed record RemoveEntry(string Window, string Vm) : GuardEffect;

    /// <summary>Tell the VM's actor of the entry: it adopts the window, and thaws.</summary>
    public sealed record GiveToVm(string Vm) : GuardEffect;

    /// <summary>Tell the window that no watchdog guards it: what has not sent its freeze sends none.</summary>
    public sealed record TellUnguarded(string Window) : GuardEffect;

    public sealed record ThawNow(string Window) : GuardEffect;

    /// <summary>The watchdog is reached, or is not: windows that waited for it ask again.</summary>
    public sealed record AnswerWaiting : GuardEffect;

    /// <summary>The node stops, and no window is open.</summary>
    public sealed record AllClosed : GuardEffect;
}

namespace QgaOrchestrator.Core.Vms;

/// <summary>What a window is to do, fixed before it opens.</summary>
/// <param name="Id">The window's identity, in the ledger and in every name of its cut.</param>
/// <param name="FreezeTimeout">From the freeze's sending to its reply.</param>
/// <param name="Lease">From frozen to thawed.</param>
/// <param name="Mode">Who says when to freeze, to cut and to thaw.</param>
public sealed record WindowOrder(string Id, TimeSpan FreezeTimeout, TimeSpan Lease, WindowMode Mode)
{
    /// <summary>How long a reserved member waits for its group's freeze.</summary>
    public static readonly TimeSpan ReservationHolds = TimeSpan.FromSeconds(10);

    /// <summary>Allows for messages that are late, and for the sync behind an overdue freeze.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>From the freeze's sending until the thaw must have begun; a node that lets it pass is not healthy.</summary>
    public TimeSpan ThawDue => FreezeTimeout + Lease + Grace;
}

public enum WindowMode
{
    /// <summary>A single window: it freezes, cuts and thaws without waiting for anything else.</summary>
    Alone,

    /// <summary>A group member's: it freezes and cuts when the group says so. Thaws right after its own cut, unless told to
    /// hold.</summary>
    Group,

    /// <summary>A caller's raw freeze: stays frozen until told to thaw, or until the lease ends.</summary>
    Raw,
}

/// <summary>What a window has seen. Every member is a fact; one that is null was not seen.</summary>
public sealed record WindowRecord
{
    public Moment? FreezeSent { get; init; }

    /// <summary>When freeze's own reply was read.</summary>
    public Moment? FrozenAt { get; init; }

    /// <summary>File systems that froze, from freeze's own reply.</summary>
    public long? Frozen { get; init; }

    /// <summary>When the cut's own reply was read, before thaw was sent.</summary>
    public Moment? CutAt { get; init; }

    public Moment? ThawSent { get; init; }

    /// <summary>When the guest was seen thawed.</summary>
    public Moment? ThawedAt { get; init; }

    /// <summary>From frozen to thawed; null where either was not seen.</summary>
    public double? FrozenMs => ThawedAt is { } thawed && FrozenAt is { } frozen ? (thawed - frozen).TotalMilliseconds : null;

    /// <summary>File systems that thawed, from the first thaw's own reply.</summary>
    public long? Thawed { get; init; }

    /// <summary>Thaw's error where it answered with one.</summary>
    public string? ThawError { get; init; }

    /// <summary>Why the window broke, in words for an operator; null while it holds.</summary>
    public string? Broken { get; init; }

    /// <summary>What the operator can do about <see cref="Broken"/>, where that is known.</summary>
    public string? Remedy { get; init; }

    /// <summary>Freeze's own reply was an error.</summary>
    public bool FreezeRefused { get; init; }

    /// <summary>The VM was moved during the window: if the guest is frozen it is so in another QEMU, whose host thaws it.
    /// Nobody has seen it thawed.</summary>
    public bool Moved { get; init; }

    /// <summary>The cut was ordered: whether it was made must be looked up unless <see cref="CutAt"/> is set.</summary>
    public bool CutOrdered { get; init; }
}

/// <summary>One guest's freeze → cut → thaw: where it stands. A state carries only what exists in it.</summary>
public abstract record WindowState(WindowOrder Order, WindowRecord Record)
{
    /// <summary>The ledger's entry is being written; nothing is sent before it is.</summary>
    public sealed record Opening(WindowOrder Order) : WindowState(Order, new WindowRecord());

    /// <summary>A group's member whose ledger is written: the channel is held, nothing is sent. Waits for the group.</summary>
    public sealed record Reserved(WindowOrder Order) : WindowState(Order, new WindowRecord());

    /// <summary>The last look: a guest that somebody else froze is not frozen by us. Nothing is sent that freezes.</summary>
    public sealed record Looking(WindowOrder Order) : WindowState(Order, new WindowRecord());

    /// <summary>The freeze is sent, its reply awaited.</summary>
    public sealed record Freezing(WindowOrder Order, WindowRecord Record) : WindowState(Order, Record);

    /// <summary>The freeze is overdue; a sync was sent behind it.</summary>
    public sealed record Overdue(WindowOrder Order, WindowRecord Record) : WindowState(Order, Record);

    /// <summary>Frozen, and waiting: a raw freeze for its thaw, a group's member for the cut.</summary>
    public sealed record Frozen(WindowOrder Order, WindowRecord Record) : WindowState(Order, Record);

    /// <summary>Frozen, and the cut is ordered.</summary>
    /// <param name="Hold">Thaw only when all of the group are cut: one of its disks has a writer that is not frozen.</param>
    public sealed record Cutting(WindowOrder Order, WindowRecord Record, bool Hold) : WindowState(Order, Record);

    /// <summary>Cut, and held frozen until all of the group are cut.</summary>
    public sealed record Held(WindowOrder Order, WindowRecord Record) : WindowState(Order, Record);

    /// <summary>A thaw is under way. Round 0 goes over the freeze's own link; each later one begins with a sync, on a new link
    /// unless one is open.</summary>
    public sealed record Thawing(WindowOrder Order, WindowRecord Record, int Round) : WindowState(Order, Record);

    /// <summary>Settled here: the guest is thawed, or its QEMU is gone, or the guest has left its QEMU.</summary>
    public sealed record Closed(WindowOrder Order, WindowRecord Record) : WindowState(Order, Record);

    /// <summary>From the moment that a freeze may have reached the guest until it is settled.</summary>
    public bool MayBeFrozen => this is Freezing or Overdue or Frozen or Cutting or Held or Thawing;

    /// <summary>Freeze's own reply said that it froze; its link has not been lost since, and no thaw was sent.</summary>
    public bool HoldsFrozen => this is Frozen or Cutting or Held;
}

/// <summary>What can happen to a window.</summary>
public abstract record WindowInput
{
    private WindowInput() { }

    public sealed record LedgerWritten : WindowInput;

    /// <summary>No ledger, or no watchdog: no freeze.</summary>
    public sealed record LedgerRefused(string Reason, string Remedy) : WindowInput;

    /// <summary>The watchdog is gone: what has not sent its freeze sends none.</summary>
    public sealed record Unguarded(string Reason, string Remedy) : WindowInput;

    /// <summary>The group has all its reservations: freeze.</summary>
    public sealed record FreezeNow : WindowInput;

    /// <summary>The last look saw the guest thawed.</summary>
    public sealed record LooksThawed : WindowInput;

    /// <summary>The caller that asked for the freeze has hung up: a freeze that is not sent yet never is.</summary>
    public sealed record CallerLeft : WindowInput;

    /// <summary>All of the group are frozen: cut.</summary>
    public sealed record CutNow(bool Hold) : WindowInput;

    /// <summary>All of the group are cut: a member that is held thaws.</summary>
    public sealed record AllCut : WindowInput;

    public sealed record FreezeReturned(long Count) : WindowInput;

    /// <summary>The agent answered with an error. With <paramref name="NotExecuted"/> it has not even begun.</summary>
    public sealed record FreezeRefused(string Reason, bool NotExecuted) : WindowInput;

    /// <summary>The freeze's link is lost, or was given up: before its reply or after it.</summary>
    /// <param name="Remedy">What to do, where that is known.</param>
    public sealed record FreezeLost(string Reason, string? Remedy = null) : WindowInput;

    /// <summary>The sync behind the overdue freeze: answered or not, and the freeze's late reply where it came.</summary>
    public sealed record Resynced(bool InSync, long? LateCount) : WindowInput;

    public sealed record CutDone : WindowInput;

    public sealed record CutFailed(string Reason) : WindowInput;

    /// <summary>A thaw was answered, and the status after it says thawed.</summary>
    /// <param name="At">When the thaw was answered; the status came after it.</param>
    public sealed record Settled(long? Thawed, string? ThawError, Moment At) : WindowInput;

    /// <param name="Reason">Why, in words.</param>
    /// <param name="NotOffered">The agent answers, and refuses thaw and status alike: it offers no freeze at all.</param>
    public sealed record NotSettled(string Reason, bool NotOffered = false) : WindowInput;

    /// <summary>A limit has passed. Reservation: the group has not frozen in time. FreezeTimeout: the freeze's own link has
    /// waited in vain and is still open. Lease: the host's timer.</summary>
    public sealed record LimitPassed(WindowLimit Limit) : WindowInput;

    /// <summary>Thaw now: asked for, or the guest was reset, or the node stops.</summary>
    public sealed record ThawNow(string Reason) : WindowInput;

    /// <summary>The QEMU process is gone, and with it its guest.</summary>
    public sealed record QemuGone : WindowInput;

    /// <summary>The guest has left this QEMU for another one (<see cref="ArrivalRules"/>): nothing can thaw it from
    /// here.</summary>
    public sealed record GuestLeft : WindowInput;
}

public enum WindowLimit { FreezeTimeout, Lease, Reservation }

/// <summary>What a window's owner is told on the way: all of it is of the same attempt, and may be lost.</summary>
public enum WindowProgress { Reserved, Freezing, Frozen, Cut }

/// <summary>What a window wants done. One interpreter performs them in their order.</summary>
public abstract record WindowEffect
{
    private WindowEffect() { }

    /// <summary>Write the entry that names the freeze, and answer <see cref="WindowInput.LedgerWritten"/>.</summary>
    public sealed record OpenLedger : WindowEffect;

    /// <summary>Move the entry on; nobody waits for it.</summary>
    public sealed record MoveLedger : WindowEffect;

    /// <summary>Ask the guest whether it is frozen; answered by LooksThawed or FreezeRefused.</summary>
    public sealed record Look : WindowEffect;

    public sealed record Freeze : WindowEffect;

    /// <summary>0xFF and a sync behind the overdue freeze, on its own link.</summary>
    public sealed record Resync(TimeSpan Budget) : WindowEffect;

    public sealed record Cut(TimeSpan Budget) : WindowEffect;

    /// <summary>Thaw and status on the open link (round 0), or behind a sync, on a new link unless one is open.</summary>
    public sealed record Thaw(int Round) : WindowEffect;

    /// <summary>Have the host report when a limit passes. At most one is armed; null disarms.</summary>
    public sealed record Arm(WindowLimit? Limit, Moment At) : WindowEffect;

    /// <summary>How far the window is: tell the caller, or the group.</summary>
    public sealed record Report(WindowProgress Progress) : WindowEffect;

    /// <summary>Three rounds have failed: the item ends unknown, the VM is in quarantine, the rounds go on.</summary>
    public sealed record GiveUpWaiting(string Reason) : WindowEffect;

    /// <summary>Settled: tell the item.</summary>
    public sealed record Close : WindowEffect;
}

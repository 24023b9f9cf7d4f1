using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>What one attempt on one VM is to do, fixed before it begins.</summary>
/// <param name="Item">Its index in the run.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="Vm">The VM's name, for remedies.</param>
/// <param name="Consistency">What a broken or impossible freeze means.</param>
/// <param name="Grouped">It is a member of a consistency group: all of its members make a point, or none does.</param>
public sealed record BackupOrder(int Item, int Attempt, string Vm, Consistency Consistency, bool Grouped);

/// <summary>What the stored draft says of an attempt, for the process that comes after a crash.</summary>
/// <param name="Window">What the window saw, once it has closed well; null before, and for a cut of a running guest.</param>
/// <param name="Unfrozen">The cut was made of a running guest, as the options allow.</param>
/// <param name="Copied">All images are whole, and nothing of ours is in QEMU any more.</param>
/// <param name="Verdict">What the group agreed upon once all of its windows had held; null before, and for a VM alone.</param>
public sealed record BackupDraft(WindowRecord? Window, bool Unfrozen, bool Copied, GroupVerdict? Verdict)
{
    /// <summary>The targets are attached, and nothing is cut yet.</summary>
    public static BackupDraft Prepared { get; } = new(null, Unfrozen: false, Copied: false, null);
}

/// <summary>
/// One VM's backup: where it stands. A state carries only what exists in it. Each state either has one step under way, whose
/// end is an input, or waits for its group; <see cref="InWindow"/> does both.
/// </summary>
public abstract record BackupState
{
    private BackupState(BackupOrder order) => Order = order;

    public BackupOrder Order { get; init; }

    // ---- before the window

    /// <summary>Machine and guest are asked whether a backup can be made. Nothing is made yet.</summary>
    public sealed record Checking(BackupOrder Order) : BackupState(Order);

    /// <summary>The targets are made and attached.</summary>
    /// <param name="Freezes">The guest will be frozen for the cut.</param>
    public sealed record Preparing(BackupOrder Order, bool Freezes) : BackupState(Order);

    /// <summary>A group's member is prepared, and waits until the group reserves.</summary>
    public sealed record Prepared(BackupOrder Order, bool Freezes, MemberReport Report) : BackupState(Order);

    // ---- the window

    /// <summary>The monitor's link is taken: both sockets stay ours until the window has closed.</summary>
    public sealed record HoldingMonitor(BackupOrder Order, MemberReport Report) : BackupState(Order);

    /// <summary>The window is open. <see cref="WindowRules"/> settles it, whatever happens.</summary>
    /// <param name="Report">How far the window is.</param>
    /// <param name="Halted">The item was told to end: the window was told to thaw, and its end is awaited.</param>
    public sealed record InWindow(BackupOrder Order, MemberReport Report, ItemOutcome? Halted) : BackupState(Order);

    /// <summary>The window is settled. The guest's freeze hook is asked what it did, or why it refused.</summary>
    public sealed record AskingHooks(BackupOrder Order, WindowRecord Window) : BackupState(Order);

    /// <summary>A group's member that is not frozen keeps step with the others.</summary>
    /// <param name="Next">The group's step that it waits for: freeze, where it does nothing, then cut.</param>
    public sealed record WaitingUnfrozen(BackupOrder Order, GroupStep Next) : BackupState(Order);

    /// <summary>The disks of the running guest are cut.</summary>
    public sealed record CuttingUnfrozen(BackupOrder Order) : BackupState(Order);

    /// <summary>A group's member is cut and thawed, and waits until all windows of the group have held.</summary>
    public sealed record Closed(BackupOrder Order, BackupDraft Draft) : BackupState(Order);

    // ---- after the window

    /// <summary>QEMU copies the disks as they were at the cut.</summary>
    public sealed record Copying(BackupOrder Order, BackupDraft Draft) : BackupState(Order);

    /// <summary>The images are whole, and are summed.</summary>
    public sealed record Verifying(BackupOrder Order, BackupDraft Draft) : BackupState(Order);

    /// <summary>A group's member is verified, and waits until all are.</summary>
    public sealed record Verified(BackupOrder Order, BackupDraft Draft, RecoveryPoint Point) : BackupState(Order);

    /// <summary>point.json is written. From here on it is too late to halt a VM alone.</summary>
    /// <param name="Report">A member that an earlier process had published is not reported before it is seen to be.</param>
    public sealed record Publishing(BackupOrder Order, RecoveryPoint Point, MemberReport Report) : BackupState(Order);

    /// <summary>A group's member has written point.json, and waits until all have.</summary>
    public sealed record Published(BackupOrder Order, RecoveryPoint Point) : BackupState(Order);

    /// <summary>The catalog's row is written. It is too late to halt.</summary>
    public sealed record Cataloguing(BackupOrder Order, RecoveryPoint Point) : BackupState(Order);

    // ---- after a crash

    /// <summary>What an earlier process left of this attempt is looked for.</summary>
    /// <param name="Halted">The item was told to end: what is found is undone, unless it is finished.</param>
    public sealed record Looking(BackupOrder Order, ItemOutcome? Halted) : BackupState(Order);

    /// <summary>The cut held, and QEMU is asked whether it still knows the copies.</summary>
    public sealed record CheckingCopies(BackupOrder Order, BackupDraft Draft) : BackupState(Order);

    // ---- the end

    /// <summary>The item was told to end while a step was under way. That step is cancelled, and its end is awaited.</summary>
    /// <param name="Step">The state whose step it is.</param>
    /// <param name="Outcome">How the item ends once it is undone.</param>
    public sealed record Stopping(BackupState Step, ItemOutcome Outcome) : BackupState(Step.Order);

    /// <summary>Everything that the attempt made is removed.</summary>
    /// <param name="Halted">The item was told to end: its group knows, and need not hear of a failure.</param>
    public sealed record Undoing(BackupOrder Order, ItemOutcome Outcome, bool Halted) : BackupState(Order);

    public sealed record Ended(BackupOrder Order, ItemOutcome Outcome) : BackupState(Order);
}

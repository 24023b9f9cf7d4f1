using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>What can happen to a backup. An input that its state does not wait for is late or repeated, and is ignored.</summary>
public abstract record BackupInput
{
    private BackupInput() { }

    // ---- steps that have ended; each belongs to one state

    /// <summary>Ends <see cref="BackupEffect.Check"/>: no backup can be made.</summary>
    public sealed record Unfit(Finding Finding) : BackupInput;

    /// <summary>Ends <see cref="BackupEffect.Check"/>.</summary>
    /// <param name="Freezes">The guest can be frozen; false: the options let it be cut as it runs.</param>
    public sealed record Fit(bool Freezes) : BackupInput;

    /// <summary>Ends <see cref="BackupEffect.Look"/>.</summary>
    /// <param name="Obstacle">Why the machine cannot be worked with now; null where it can.</param>
    public sealed record Found(AttemptRemains Remains, Finding? Obstacle) : BackupInput;

    /// <summary>Ends <see cref="BackupEffect.CheckCopies"/>.</summary>
    /// <param name="Known">QEMU knows a copy of every disk, running or concluded without error.</param>
    public sealed record CopiesChecked(bool Known) : BackupInput;

    /// <summary>Ends <see cref="BackupEffect.Prepare"/>.</summary>
    /// <param name="Slow">The guest's freeze is known to be slow: in a group it goes first.</param>
    /// <param name="Covered">Every writable disk is covered by a file system that will freeze.</param>
    public sealed record Prepared(bool Slow, bool Covered) : BackupInput;

    /// <summary>Ends <see cref="BackupEffect.HoldMonitor"/>.</summary>
    public sealed record MonitorHeld : BackupInput;

    /// <summary>Ends <see cref="BackupEffect.AskHooks"/>.</summary>
    /// <param name="Refusal">The script that made the guest refuse the freeze, in words; null where none is known to
    /// have.</param>
    public sealed record HooksAsked(string? Refusal) : BackupInput;

    /// <summary>Ends <see cref="BackupEffect.CutUnfrozen"/>.</summary>
    public sealed record DisksCut : BackupInput;

    /// <summary>Ends <see cref="BackupEffect.Copy"/>.</summary>
    public sealed record Copied : BackupInput;

    /// <summary>Ends <see cref="BackupEffect.Verify"/>.</summary>
    public sealed record Verified(RecoveryPoint Point) : BackupInput;

    /// <summary>Ends <see cref="BackupEffect.Publish"/>.</summary>
    public sealed record Published : BackupInput;

    /// <summary>Ends <see cref="BackupEffect.Catalog"/>.</summary>
    public sealed record Catalogued : BackupInput;

    /// <summary>Ends any step before the undo.</summary>
    public sealed record StepFailed(ItemState State, string Reason, string? Remedy) : BackupInput;

    /// <summary>Ends <see cref="BackupEffect.Undo"/>.</summary>
    /// <param name="Left">What could not be undone, in words; null: nothing is left.</param>
    /// <param name="Remedy">What to do about that.</param>
    public sealed record Undone(string? Left = null, string? Remedy = null) : BackupInput;

    // ---- from the window

    public sealed record WindowMoved(WindowProgress Progress) : BackupInput;

    /// <summary>It was not opened.</summary>
    public sealed record WindowRefused(string Reason) : BackupInput;

    /// <summary>Nobody can say when the guest will be thawed.</summary>
    public sealed record WindowUnsettled(string Reason) : BackupInput;

    public sealed record WindowClosed(WindowRecord Record) : BackupInput;

    // ---- from outside

    /// <summary>The group orders the next step, or is void.</summary>
    public sealed record Ordered(GroupOrder Order) : BackupInput;

    /// <summary>The run is aborted.</summary>
    public sealed record Aborted : BackupInput;

    /// <summary>A message may have been lost: the group is told again how far this member is.</summary>
    public sealed record Repeat : BackupInput;
}

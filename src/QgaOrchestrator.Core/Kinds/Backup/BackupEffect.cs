using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Groups;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>
/// What a backup wants done. One interpreter performs the effects in their order, and an effect that comes first has ended, or
/// has begun as a step, before the next one is performed. So the draft is stored before the freeze, the cut or the copy that
/// it describes, point.json is written before the catalog's row, and a group hears of nothing that is not stored.
/// </summary>
public abstract record BackupEffect
{
    private BackupEffect() { }

    // ---- steps: each ends with the input that it names, or with StepFailed; at most one is under way

    /// <summary>Asks machine and guest. Ends with <see cref="BackupInput.Fit"/> or <see cref="BackupInput.Unfit"/>.</summary>
    public sealed record Check : BackupEffect;

    /// <summary>Looks for what an earlier process left. Ends with <see cref="BackupInput.Found"/>, or
    /// <see cref="BackupInput.Unfit"/> where the VM has no monitor.</summary>
    public sealed record Look : BackupEffect;

    /// <summary>Asks QEMU for the copies. Ends with <see cref="BackupInput.CopiesChecked"/>.</summary>
    public sealed record CheckCopies : BackupEffect;

    /// <summary>Makes and attaches the targets. Ends with <see cref="BackupInput.Prepared"/>.</summary>
    /// <param name="Again">A broken window has used the first targets: they are undone before.</param>
    public sealed record Prepare(bool Again) : BackupEffect;

    /// <summary>Keeps the monitor's link open from here to the window's end. Ends with
    /// <see cref="BackupInput.MonitorHeld"/>.</summary>
    public sealed record HoldMonitor : BackupEffect;

    /// <summary>Freeze, cut and thaw. Ends with <see cref="BackupInput.WindowClosed"/>,
    /// <see cref="BackupInput.WindowRefused"/> or <see cref="BackupInput.WindowUnsettled"/>.</summary>
    public sealed record OpenWindow : BackupEffect;

    /// <summary>Asks the guest's freeze hook what it did in this window. Ends with
    /// <see cref="BackupInput.HooksAsked"/>.</summary>
    /// <param name="Refused">The guest refused the freeze, and the hook may say why.</param>
    public sealed record AskHooks(bool Refused) : BackupEffect;

    /// <summary>Cuts the running guest. Ends with <see cref="BackupInput.DisksCut"/>.</summary>
    public sealed record CutUnfrozen : BackupEffect;

    /// <summary>Follows QEMU's copies to their end. Ends with <see cref="BackupInput.Copied"/>.</summary>
    public sealed record Copy : BackupEffect;

    /// <summary>Sums the images, and makes the point of what is known. Ends with <see cref="BackupInput.Verified"/>.</summary>
    public sealed record Verify : BackupEffect;

    /// <summary>Writes point.json: from here on the point exists. Ends with <see cref="BackupInput.Published"/>.</summary>
    public sealed record Publish(RecoveryPoint Point) : BackupEffect;

    /// <summary>Writes the catalog's row. Ends with <see cref="BackupInput.Catalogued"/>.</summary>
    public sealed record Catalog(RecoveryPoint Point) : BackupEffect;

    /// <summary>Removes point.json, then all that the attempt made in QEMU and on disk. Ends with
    /// <see cref="BackupInput.Undone"/>.</summary>
    public sealed record Undo : BackupEffect;

    // ---- done at once

    /// <summary>The step under way is to end early. It ends all the same with its own input, or with StepFailed.</summary>
    public sealed record CancelStep : BackupEffect;

    /// <summary>A crash's successor obeys what is stored here.</summary>
    public sealed record StoreDraft(BackupDraft Draft) : BackupEffect;

    /// <summary>To the open window.</summary>
    public sealed record SteerWindow(WindowInput Input) : BackupEffect;

    /// <summary>To the group: how far this member is.</summary>
    public sealed record Report(MemberReport Member) : BackupEffect;

    /// <summary>To whoever watches the run.</summary>
    public sealed record Show(RunStep Step) : BackupEffect;

    /// <summary>The item has ended, and does nothing more.</summary>
    public sealed record End(ItemOutcome Outcome) : BackupEffect;
}

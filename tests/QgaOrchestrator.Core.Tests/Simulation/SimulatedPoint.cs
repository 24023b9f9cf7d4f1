using QgaOrchestrator.Core.Kinds.Backup;
using QgaOrchestrator.Core.Points;

namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>A point in the making, beside its images.</summary>
/// <param name="Stored">What the rules have stored in it.</param>
/// <param name="Covered">Every writer of its disks is known to be a frozen file system.</param>
internal sealed record SimulatedDraft(BackupDraft Stored, bool Covered);

/// <summary>What the guest saw of an attempt's cut.</summary>
/// <param name="At">When, in milliseconds.</param>
/// <param name="WhollyFrozen">All of its file systems were frozen.</param>
/// <param name="Freeze">In which of its freezes.</param>
internal sealed record SeenCut(double At, bool WhollyFrozen, int Freeze);

/// <summary>A point.json of the simulation.</summary>
internal static class SimulatedPoint
{
    public static RecoveryPoint Of(SimulatedVm vm, SimulatedOrder order, RecoveryClass kind, BackupDraft draft) => new(
        1,
        order.Names,
        vm.Id.Name,
        vm.Id.Host,
        Uuid: null,
        order.Id.Run,
        order.Group,
        Parent: null,
        "full",
        kind.ToString().ToLowerInvariant(),
        Disks: [],
        new PointProof(null, null, null, draft.Window?.Frozen, draft.Window?.Thawed, draft.Verdict?.SkewMs, null));

    public static RecoveryClass ClassOf(RecoveryPoint point) => Enum.Parse<RecoveryClass>(point.Class, ignoreCase: true);
}

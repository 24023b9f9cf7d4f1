using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Core.Kinds.Backup;

/// <summary>How a backup's item ends, in the operator's words.</summary>
public static class BackupOutcomes
{
    public static ItemOutcome Aborted(BackupOrder order) => Outcome(order, ItemState.Cancelled, ItemOutcome.RunAborted, null);

    public static ItemOutcome Interrupted(BackupOrder order) =>
        ItemOutcome.Interrupted(order.Item, order.Attempt, "the node ended during this attempt");

    public static ItemOutcome Of(BackupOrder order, Finding finding) =>
        Outcome(order, finding.State, finding.What, finding.Remedy) with { RefusedBy = finding.RefusedBy };

    public static ItemOutcome Of(BackupOrder order, BackupInput.StepFailed failed) =>
        Outcome(order, failed.State, failed.Reason, failed.Remedy);

    public static ItemOutcome Of(BackupOrder order, BackupInput.WindowRefused refused) => Outcome(
        order,
        ItemState.Unreachable,
        refused.Reason,
        $"Check that qemu-ga runs in the guest: qgactl vm show {order.Vm}");

    public static ItemOutcome Of(BackupOrder order, BackupInput.WindowUnsettled unsettled) => Outcome(
        order,
        ItemState.Unknown,
        $"the guest may still be frozen: {unsettled.Reason}",
        $"The node keeps thawing it; see qgactl vm show {order.Vm}");

    /// <summary>What a window's record says against a consistent point; null: the window held.</summary>
    /// <param name="refusal">The script of the guest's hook that refused the freeze, in words.</param>
    public static ItemOutcome? OfBroken(BackupOrder order, WindowRecord window, string? refusal)
    {
        if (BackupKind.Judge(window) is not { } broken) return null;
        if (window.Moved)
            return ItemOutcome.Interrupted(order.Item, order.Attempt, broken.Reason) with { Remedy = broken.Remedy };
        var outcome = refusal is null
            ? Outcome(order, ItemState.Failed, broken.Reason, broken.Remedy)
            : Outcome(
                order,
                ItemState.Failed,
                $"the guest refused to freeze: {refusal}",
                "Check the script's application in the guest, or use consistency prefer");
        return outcome with
        {
            Values = new BackupValues(window.FrozenMs).ToOwn(),
            RefusedBy = window.FreezeRefused ? ItemOutcome.Guest : null,
        };
    }

    /// <summary>A point of a frozen guest that says no more than crash tells why.</summary>
    public static ItemOutcome Succeeded(BackupOrder order, RecoveryPoint point)
    {
        var outcome = point is { Class: "crash", Proof: { Frozen: > 0, Note: { } note } }
            ? Outcome(order, ItemState.Succeeded, $"the point says crash: {note}", PreflightRules.Uncovered)
            : Outcome(order, ItemState.Succeeded, null, null);
        return outcome with
        {
            Values = new BackupValues(
                point.Proof.FrozenMs,
                new PointMade(point.Id, point.Directory, point.Class, point.Disks.Sum(disk => disk.Bytes))).ToOwn(),
        };
    }

    public static ItemOutcome Of(ItemOutcome outcome, BackupInput.Undone undone) => undone.Left is { } left
        ? outcome with { Reason = $"{outcome.Reason}; and not all could be undone: {left}", Remedy = undone.Remedy }
        : outcome;

    private static ItemOutcome Outcome(BackupOrder order, ItemState state, string? reason, string? remedy) =>
        new(order.Item, order.Attempt, state, reason, remedy);
}

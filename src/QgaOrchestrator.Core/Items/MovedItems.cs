using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Core.Items;

/// <summary>How an item ends whose VM was moved to another QEMU while it was under way.</summary>
public static class MovedItems
{
    /// <param name="outcome">How it has ended here.</param>
    /// <param name="repeats">Its kind undoes what it began, so that the attempt may be repeated where the VM is now.</param>
    /// <param name="place">Where that is; null: nobody knows yet, and its run asks here again.</param>
    public static ItemOutcome Outcome(ItemOutcome outcome, bool repeats, VmId? place) => outcome.State switch
    {
        // Nothing was sent.
        ItemState.Interrupted or ItemState.Unreachable => Again(outcome, place),
        ItemState.Failed when repeats => Again(outcome, place),
        _ => outcome,
    };

    private static ItemOutcome Again(ItemOutcome outcome, VmId? place) => outcome with
    {
        State = ItemState.Interrupted,
        Reason = $"the VM has moved to {place?.ToString() ?? "another QEMU"}: {outcome.Reason}",
        RefusedBy = null,
        MovedTo = place,
    };
}

using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Actors.Items;

/// <summary>An item of a kind that this node does not know: it fails, and nothing is done to the guest.</summary>
internal sealed class UnknownKindItem(StartItem order, VmServices services) : ItemWork(order, services, "refused")
{
    protected override Task<ItemOutcome> RunAsync(CancellationToken aborted, CancellationToken stopped) =>
        Task.FromResult(Outcome(
            ItemState.Failed,
            $"this node knows no runs of kind {Order.Kind}",
            "Update qgad on this host: a newer version started the run"));
}

using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Actors.Items;

/// <summary>The dry run of an item that is one agent command: would this agent take it?</summary>
internal sealed class CallCheck(ItemPlace place, string step, string command) : ItemWork(place.Order, place.Services, step)
{
    protected override Task<ItemOutcome> RunAsync(CancellationToken aborted, CancellationToken stopped) =>
        ItemCalls.CheckAsync(place.Channel, Services, Order.Vm, command, Outcome);
}

using Akka.Actor;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;

namespace QgaOrchestrator.Actors.Tests.Conformance.Toy;

/// <summary>The smallest kind of run: it succeeds and does nothing.</summary>
internal sealed class ToyRunKind : RunKind
{
    private static readonly RunStep Rest = new("rest", "does nothing", "nothing to undo", "nothing is done again");

    public override string Name => "toy";

    public override string Help => "does nothing to each VM";

    public override IReadOnlyList<RunStep> Steps => [Rest];

    public override Props Worker(ItemPlace place) => ActorProps.Of(() => new ToyItem(place.Order, place.Services));

    public override Props Checker(ItemPlace place) => Worker(place);

    private sealed class ToyItem(StartItem order, VmServices services) : ItemWork(order, services, Rest.Name)
    {
        protected override Task<ItemOutcome> RunAsync(CancellationToken aborted, CancellationToken stopped) =>
            Task.FromResult(Outcome(ItemState.Succeeded));
    }
}

using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Items;

namespace QgaOrchestrator.Actors.Items;

/// <summary>
/// One item whose work is a single piece: it begins at once, shows where it stands, and tells its outcome. Child of the
/// <see cref="ItemsActor"/>.
/// </summary>
internal abstract class ItemWork : ReceiveActor, IDisposable
{
    private readonly CancellationTokenSource _aborted = new(), _stopped = new();
    private readonly IActorRef _self;
    private ItemProgress _progress;

    protected ItemWork(StartItem order, VmServices services, string step)
    {
        (Order, Services, _self) = (order, services, Self);
        _progress = new ItemProgress(order.Item, order.Attempt, step, null, 0, 0);
        Receive<ItemProgress>(m => Show(m));
        Receive<StartItem>(_ => Show(_progress));
        Receive<AbortItem>(_ => _aborted.Cancel());
        Receive<ItemOutcome>(m => Context.Parent.Tell(new ItemsActor.Finished(m, null)));
        Receive<Status.Failure>(m =>
            Context.Parent.Tell(
                new ItemsActor.Finished(
                    Outcome(
                        ItemState.Unknown,
                        $"a fault in qgad: {m.Cause.Message}",
                        "See the node's log, and check in the guest how much of it was done"
                    ),
                    null
                )
            )
        );
    }

    protected StartItem Order { get; }

    protected VmServices Services { get; }

    protected override void PreStart()
    {
        Show(_progress);
        // Its files are read and written beside the actors.
        var (aborted, stopped) = (_aborted.Token, _stopped.Token);
        Task.Run(() => RunAsync(aborted, stopped)).PipeTo(Self);
    }

    protected override void PostStop()
    {
        _stopped.Cancel();
        Dispose();
    }

    /// <param name="aborted">The item was told to end.</param>
    /// <param name="stopped">The node ends, or the VM's actor: another will go on with what is kept, so nothing is told of
    /// it.</param>
    protected abstract Task<ItemOutcome> RunAsync(CancellationToken aborted, CancellationToken stopped);

    /// <summary>From the work itself, on whatever thread.</summary>
    protected void Move(string step) => _self.Tell(_progress with { Step = step });

    protected ItemOutcome Outcome(ItemState state, string? reason = null, string? remedy = null) =>
        new(Order.Item, Order.Attempt, state, reason, remedy);

    protected ItemOutcome Interrupted() =>
        ItemOutcome.Interrupted(Order.Item, Order.Attempt, "the node ended before this attempt had begun");

    /// <summary>Writes how the item ended into its result.</summary>
    protected ItemOutcome Keep(ItemResult result, ItemOutcome outcome, params IReadOnlyList<StreamBytes> streams)
    {
        outcome = outcome.Bounded();
        result = result with
        {
            State = outcome.State,
            Reason = outcome.Reason,
            Remedy = outcome.Remedy,
            EndedAt = Services.Time.GetUtcNow(),
        };
        Services.Results.Write(Order.Run, result, streams);
        return outcome;
    }

    public void Dispose()
    {
        _aborted.Dispose();
        _stopped.Dispose();
    }

    private void Show(ItemProgress progress) => Services.Runs().Tell(new ItemMoved(Order.Run, _progress = progress));
}

using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs.Groups;

namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>Who works on one attempt, until it has ended or its process has.</summary>
internal abstract class SimulatedWork(World world, SimulatedVm vm, SimulatedOrder order)
{
    private bool _stopped;

    protected World World => world;

    protected SimulatedVm Vm => vm;

    protected SimulatedOrder Order => order;

    public bool IsAlive => !_stopped;

    /// <summary>It does something that is not done yet.</summary>
    public abstract bool GoesForward { get; }

    public abstract void Begin();

    public abstract void Abort();

    public virtual void Again() { }

    public virtual void Obey(GroupOrder said) { }

    public void Stop() => _stopped = true;

    public void Later(double after, Action act) => world.At(after, () =>
    {
        if (IsAlive) act();
    });

    protected ItemOutcome Outcome(ItemState state, string? reason = null) => new(order.Id.Item, order.Id.Attempt, state, reason);

    protected void End(ItemOutcome outcome, string? window = null)
    {
        world.Tell($"{vm.Id.Name}: {order.Names} ends {outcome.State} {outcome.Reason}");
        vm.Finished(this, outcome, window);
    }
}

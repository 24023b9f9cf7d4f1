using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Kinds;
using QgaOrchestrator.Core.Kinds.Command;

namespace QgaOrchestrator.Core.Tests.Simulation;

/// <summary>An agent command, or a process, on one guest: what is kept beside the journal decides whether the guest is
/// asked.</summary>
internal sealed class SimulatedCall(World world, SimulatedVm vm, SimulatedOrder order) : SimulatedWork(world, vm, order)
{
    private bool MayRepeat =>
        Order.Kind == CommandKind.Name && CommandOptions.Of(Order.Options)!.Command == FleetSimulation.SafeCommand;

    private bool _forward;

    public override bool GoesForward => _forward;

    private (string, int) Key => (Order.Id.Run, Order.Id.Item);

    public override void Begin()
    {
        var found = Vm.Results.TryGetValue(Key, out var kept) ? kept : default;
        var next = CallRecovery.Next(found.Kept, Order.Id.Attempt, Order.Resume, MayRepeat);
        if (World.Bug == Planted.NeverCommandRepeated && next == CallStep.Unknown) next = CallStep.Call;
        switch (next)
        {
            case CallStep.Call: Ask(); break;
            case CallStep.Follow: Follow(); break;
            case CallStep.Report: End(found.Outcome! with { Attempt = Order.Id.Attempt }); break;
            case CallStep.Unknown: End(Outcome(ItemState.Unknown, "it may have been executed")); break;
            case CallStep.Interrupted: End(Outcome(ItemState.Interrupted, "the node ended before this attempt had begun")); break;
        }
    }

    /// <summary>Whoever has asked waits for the answer.</summary>
    public override void Abort() { }

    private void Ask()
    {
        if (Vm.Window is not null || Vm.IsLocked || !Vm.Guest.AgentUp)
        {
            End(Outcome(ItemState.Unreachable, "the agent is not there"));
            return;
        }
        _forward = true;
        if (!MayRepeat) Vm.Results[Key] = (new KeptCall(Order.Id.Attempt, Ended: false, Followed: false), null);
        Vm.Guest.Ask(
            () => IsAlive,
            World.Slow(1, 300, 6_000),
            5_000,
            Execute,
            _ => Answered(),
            () => Keep(Outcome(MayRepeat ? ItemState.Unreachable : ItemState.Unknown, "no answer"))
        );
    }

    private long Execute()
    {
        World.Tell($"{Vm.Id.Name}: the guest executes {Order.Kind} of {Order.Names}");
        Vm.AskedOf[Key] = Vm.AskedOf.GetValueOrDefault(Key) + 1;
        if (Vm.AskedOf[Key] > 1 && !MayRepeat) World.Break($"{Vm.Id.Name} was asked twice for what may not be repeated");
        return 0;
    }

    private void Answered()
    {
        if (Order.Kind == CommandKind.Name)
        {
            Keep(World.OneIn(15) ? Outcome(ItemState.Failed, "GenericError") : Outcome(ItemState.Succeeded));
            return;
        }
        Vm.Results[Key] = (new KeptCall(Order.Id.Attempt, Ended: false, Followed: true), null);
        Follow();
    }

    private void Follow() =>
        Later(World.Slow(20, 2_000, 20_000), () =>
            Keep(World.OneIn(10) ? Outcome(ItemState.Failed, "exit code 1") : Outcome(ItemState.Succeeded))
        );

    private void Keep(ItemOutcome outcome)
    {
        Vm.Results[Key] = (new KeptCall(Order.Id.Attempt, Ended: true, Followed: false), outcome);
        End(outcome);
    }
}

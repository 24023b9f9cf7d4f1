using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Items;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Core.Runs.Groups;

namespace QgaOrchestrator.Actors.Runs;

/// <summary>What a run tells the VMs of its items. Belongs to the <see cref="RunActor"/>.</summary>
internal sealed class ItemOrders(RunServices services)
{
    /// <summary>Read once, and only where an item needs them.</summary>
    private RunSecrets? _secrets;

    public void Perform(RunState run, RunEffect.ToVm effect)
    {
        switch (effect)
        {
            case RunEffect.Begin e:
                services.Vms.Tell(For(run, e.Item, e.Resume));
                break;
            case RunEffect.AbortItem { Item: var item }:
                services.Vms.Tell(new AbortItem(item.Vm, run.Id, item.Index, item.Attempt));
                break;
            case RunEffect.Acknowledge { Outcome: var outcome }:
                Acknowledge(run.Items[outcome.Item].Vm, run.Id, outcome);
                break;
        }
    }

    /// <summary>The outcome is journalled, or its run is kept no longer: the host may forget it.</summary>
    public void Acknowledge(VmId vm, string run, ItemOutcome outcome) =>
        services.Vms.Tell(new ItemJournalled(vm, run, outcome.Item, outcome.Attempt));

    /// <summary>To a group's member that has no coordinator any more.</summary>
    public void Answer(RunState run, MemberMoved member, GroupOrder order) =>
        services.Vms.Tell(new OrderMember(run.Items[member.Item].Vm, member.Run, member.Item, member.Attempt, order));

    /// <summary>The order of an attempt that is journalled.</summary>
    public StartItem For(RunState run, RunItem item, bool resume) =>
        new(item.Vm, run.Id, item.Index, item.Attempt, run.Kind, run.Options, item.DispatchedAt!.Value, resume)
        {
            Group = item.Group,
            Freeze = item.Note.Freeze,
            Secrets = services.Kind(run.Kind)?.SecretsOf(run.Options) is null ? null : _secrets ??= services.Secrets(run.Id),
        };
}

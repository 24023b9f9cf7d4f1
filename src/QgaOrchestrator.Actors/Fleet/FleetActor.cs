using Akka.Actor;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>
/// The fleet as this node sees it: the last status that each VM's actor told, with the labels of the fleet's file. One a
/// node; asked by whoever lists VMs or selects targets.
/// </summary>
internal sealed class FleetActor : ReceiveActor
{
    private readonly Dictionary<VmId, VmStatus> _vms = [];

    public FleetActor(Func<VmId, VmIdentity> identify)
    {
        Receive<VmSeen>(m => _vms[m.Status.Id] = m.Status);
        Receive<VmLeft>(m => _vms.Remove(m.Vm));
        Receive<ListVms>(_ => Sender.Tell(new VmList(
            [.. _vms.Values.OrderBy(vm => vm.Id.Name, StringComparer.Ordinal).Select(vm => Said(vm, identify(vm.Id)))])));
    }

    private static VmStatus Said(VmStatus vm, VmIdentity said) => vm with { Labels = said.Labels, Group = said.Group, Freeze = said.Freeze };
}

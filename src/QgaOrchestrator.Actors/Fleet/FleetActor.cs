using Akka.Actor;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Vms;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>
/// The fleet as this node sees it, and the way to each VM: the last status that each VM's actor told, what discovery knows of
/// VMs that have no channel, and the labels of the fleet's file. One a node; it lists VMs and selects targets, and forwards
/// each message for a VM to the VM's channel, or answers why there is none.
/// </summary>
internal sealed class FleetActor : ReceiveActor
{
    private const string Look = "See which VMs are there: qgactl vm list";

    private readonly Dictionary<VmId, VmStatus> _vms = [];
    /// <summary>The QEMU process under which each VM's agent was last ready.</summary>
    private readonly Dictionary<VmId, string> _processes = [];
    private readonly Func<IActorRef> _runs;
    private Dictionary<VmId, AgentObstacle> _unserved = [];

    /// <param name="identify">What the fleet's file says of a VM.</param>
    /// <param name="channels">The region of VMs' actors.</param>
    /// <param name="runs">The region of runs.</param>
    /// <param name="started">Is told of each VM whose agent is ready under a new QEMU process.</param>
    public FleetActor(
        Func<VmId, VmIdentity> identify, Func<IActorRef> channels, Func<IActorRef> runs, Action<VmStatus> started)
    {
        _runs = runs;
        Receive<VmSeen>(m => See(m.Status, started));
        Receive<VmLeft>(m => _vms.Remove(m.Vm));
        Receive<VmsFound>(m => _unserved = m.Scan.Unserved.ToDictionary(vm => vm.Id, vm => vm.Obstacle));
        Receive<ListVms>(_ => Sender.Tell(new VmList(
            [.. All().OrderBy(vm => vm.Id.Name, StringComparer.Ordinal).Select(vm => Said(vm, identify(vm.Id)))])));
        Receive<FindUuid>(m => Sender.Tell(new VmUuid(_vms.GetValueOrDefault(m.Vm)?.Uuid)));
        Receive<NoChannel>(m => Refuse(m.Message, _unserved.GetValueOrDefault(m.Message.Vm)));
        Receive<IVmMessage>(m =>
        {
            if (!_vms.ContainsKey(m.Vm) && _unserved.TryGetValue(m.Vm, out var obstacle)) Refuse(m, obstacle);
            else channels().Forward(m);
        });
    }

    private void See(VmStatus vm, Action<VmStatus> started)
    {
        _vms[vm.Id] = vm;
        if (vm is not { Agent: AgentState.Ready, Process: { } process } || _processes.GetValueOrDefault(vm.Id) == process) return;
        _processes[vm.Id] = process;
        started(vm);
    }

    /// <summary>A VM whose channel has not ended yet is shown as the channel reports it.</summary>
    private IEnumerable<VmStatus> All() =>
        _vms.Values.Concat(_unserved.Where(vm => !_vms.ContainsKey(vm.Key)).Select(vm => Unserved(vm.Key, vm.Value)));

    private static VmStatus Unserved(VmId vm, AgentObstacle obstacle) => new(vm, null, VmIdentity.NoLabels, obstacle.State)
    {
        AgentReason = obstacle.Reason,
        AgentRemedy = obstacle.Remedy,
        MonitorReason = "not asked: see the agent",
    };

    /// <param name="asked">What cannot be done.</param>
    /// <param name="obstacle">Null: it is only known that the VM is not here.</param>
    private void Refuse(IVmMessage asked, AgentObstacle? obstacle)
    {
        switch (asked)
        {
            case CallAgent or WakeVm:
                Sender.Tell(obstacle?.Refusal ?? new CallReply.Refused(
                    CallRefusal.Unreachable, $"{asked.Vm.Name} is not on its host", Look));
                break;
            case StartItem item:
                // To its run, which tells the group's coordinator: the sender may be the coordinator.
                _runs().Tell(Ended(item, obstacle));
                break;
        }
    }

    /// <summary>An item that was begun had its VM then. How far it came cannot be seen, and its group's points are not given up
    /// for it.</summary>
    private static ItemEnded Ended(StartItem item, AgentObstacle? obstacle) => obstacle switch
    {
        null => item.Unreachable("the VM is gone from its host", Look),
        _ when item.Resume => item.Unreachable(obstacle.Reason, obstacle.Remedy),
        _ => item.Failed(obstacle.Reason, obstacle.Remedy),
    };

    private static VmStatus Said(VmStatus vm, VmIdentity said) =>
        vm with { Labels = said.Labels, Group = said.Group, Freeze = said.Freeze };
}

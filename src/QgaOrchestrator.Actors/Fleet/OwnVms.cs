using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>This host's VMs: the last status that each VM's actor told, and what discovery knows of VMs without a channel.
/// Belongs to the <see cref="FleetActor"/>.</summary>
internal sealed class OwnVms(FleetServices services)
{
    private readonly Dictionary<VmId, VmStatus> _vms = [];
    /// <summary>The QEMU process under which each VM's agent was last ready.</summary>
    private readonly Dictionary<VmId, string> _processes = [];
    private Dictionary<VmId, AgentObstacle> _unserved = [];
    private readonly FoundLabels _labels = new();

    public void See(VmStatus vm)
    {
        _vms[vm.Id] = vm;
        if (vm is not { Agent: AgentState.Ready, Process: { } process } || _processes.GetValueOrDefault(vm.Id) == process) return;
        _processes[vm.Id] = process;
        services.Started(vm);
    }

    /// <summary>The last status that the VM's actor told.</summary>
    public VmStatus? Seen(VmId vm) => _vms.GetValueOrDefault(vm);

    public void Leave(VmId vm) => _vms.Remove(vm);

    public void Find(HostScan scan)
    {
        _unserved = scan.Unserved.ToDictionary(vm => vm.Id, vm => vm.Obstacle);
        _labels.Find(scan.Labels);
    }

    public AgentObstacle? ObstacleOf(VmId vm) => _unserved.GetValueOrDefault(vm);

    /// <summary>Why nothing can be asked of a VM; null: it has a channel, or it is not known.</summary>
    public AgentObstacle? WhyUnserved(VmId vm) => _vms.ContainsKey(vm) ? null : ObstacleOf(vm);

    /// <summary>With what the fleet's file says. A VM whose channel has not ended yet is shown as the channel reports
    /// it.</summary>
    public IEnumerable<VmStatus> All() =>
        _vms.Values.Concat(_unserved.Where(vm => !_vms.ContainsKey(vm.Key)).Select(vm => Unserved(vm.Key, vm.Value)))
            .Select(Said);

    /// <summary>How many there are, and how many of them are frozen. No status is made for it.</summary>
    public (int Vms, int Frozen) Count() =>
        (_vms.Count + _unserved.Keys.Count(vm => !_vms.ContainsKey(vm)), _vms.Values.Count(vm => vm.Frozen));

    public VmStatus? Find(VmId vm) => _vms.TryGetValue(vm, out var status)
        ? Said(status)
        : _unserved.TryGetValue(vm, out var obstacle) ? Said(Unserved(vm, obstacle)) : null;

    private static VmStatus Unserved(VmId vm, AgentObstacle obstacle) => new(vm, null, VmIdentity.NoLabels, obstacle.State)
    {
        AgentReason = obstacle.Reason,
        AgentRemedy = obstacle.Remedy,
        MonitorReason = "not asked: see the agent",
    };

    private VmStatus Said(VmStatus vm)
    {
        var said = services.Identify(vm.Id);
        return vm with { Labels = _labels.With(vm.Id, said.Labels), Group = said.Group, Freeze = said.Freeze };
    }
}

using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Qemu.Hosts;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// Gathers what one look finds: each VM once, each name once. What cannot be a channel is kept with its reason, under a
/// name that nobody else has.
/// </summary>
/// <param name="host">This host's name.</param>
internal sealed class ScanResult(string host)
{
    private const string ToName = "A VM's name is of [A-Za-z0-9._-], at most 128 characters: rename its directory or socket";

    private readonly SortedDictionary<string, VmSpec> _vms = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, UnservedVm> _unserved = new(StringComparer.Ordinal);
    private readonly Dictionary<VmId, VmLabels> _labels = [];
    private readonly HashSet<string> _identities = [];
    private readonly Dictionary<string, (FoundVm Vm, string From)> _names = [];
    private readonly List<SourceFault> _faults = [];

    public bool Has(string name) => _names.ContainsKey(name);

    public void Fault(SourceFault fault)
    {
        if (!_faults.Contains(fault)) _faults.Add(fault);
    }

    /// <summary>A VM that is said to be and of which there is nothing.</summary>
    public void Miss(VmId id, string reason, string remedy) =>
        _unserved.TryAdd(id.ToString(), new(id, new(AgentState.Missing, reason, remedy)));

    /// <param name="from">Who has found it, by the config's key.</param>
    public void Add(FoundVm vm, string from)
    {
        if (vm is { Identity: null, Missing: { } nothing })
        {
            // Its name is taken all the same.
            if (_names.TryAdd(vm.Name, (vm, from))) Label(vm);
            Miss(new VmId(host, vm.Name), nothing.Reason, nothing.Remedy);
        }
        else if (!_identities.Add(vm.Identity!)) return;
        else if (ObstacleOf(vm, from) is { } obstacle) Refuse(vm, from, obstacle);
        else if (_names.TryGetValue(vm.Name, out var first))
        {
            Refuse(vm, from, new(
                AgentState.Invalid,
                $"two VMs have the name {vm.Name}: {first.From} has one at {first.Vm.Place}, {from} this one at {vm.Place}",
                "Give each VM a unique name"));
        }
        else
        {
            _names.Add(vm.Name, (vm, from));
            Label(vm);
            _vms.Add(vm.Name, new VmSpec(new VmId(host, vm.Name), vm.Kind, vm.Address)
            {
                NoAgent = vm.NoAgent is { } none ? new(AgentState.None, none.Reason, none.Remedy) : null,
            });
        }
    }

    public HostScan ToScan() => new([.. _vms.Values], [.. _unserved.Values], _faults) { Labels = _labels };

    private void Label(FoundVm vm)
    {
        if (vm.Labels.All.Count > 0) _labels[new VmId(host, vm.Name)] = vm.Labels;
    }

    private static AgentObstacle? ObstacleOf(FoundVm vm, string from) => vm switch
    {
        _ when !VmId.IsName(vm.Name) => new(AgentState.Invalid, $"its name is not a VM's name; {from} finds it", ToName),
        { Missing: { } missing } => new(AgentState.Missing, missing.Reason, missing.Remedy),
        { Refusal: { } refusal } => new(AgentState.Invalid, refusal.Reason, refusal.Remedy),
        _ => null,
    };

    private void Refuse(FoundVm vm, string from, AgentObstacle obstacle)
    {
        var name = ShownName.Of(vm.Name);
        if (_names.ContainsKey(vm.Name)) name += $" ({from})";
        _names.TryAdd(vm.Name, (vm, from));
        while (!_unserved.TryAdd($"{host}/{name}", new(new VmId(host, name), obstacle))) name += $" ({from})";
    }
}

using System.Globalization;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Hosts.Kinds;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// Finds VMs by the config's sources, and by the fleet's file. Whatever is found is told: a VM as a channel, or, where
/// it cannot be one, with the reason; a source that cannot be looked at as a fault.
/// </summary>
/// <param name="host">This host's name.</param>
/// <param name="sources">Of the config.</param>
/// <param name="root">Where the host's file system begins: / but in a test.</param>
/// <param name="hasNode">Whether a node of our cluster runs on the host of that name.</param>
public sealed class FleetScan(string host, IReadOnlyList<IVmSource> sources, string root, Func<string, bool> hasNode)
{
    private const string FleetFileKey = "Fleet:File";

    private readonly SourceLook?[] _looks = new SourceLook?[sources.Count];
    private FleetFile? _fleet;
    private HostScan? _last;

    /// <summary>Of sources that have found nothing new the last scan holds, unless the fleet's file places VMs itself.</summary>
    public HostScan Find(FleetFile fleet)
    {
        var isSame = _last is not null && ReferenceEquals(fleet, _fleet);
        foreach (var (at, source) in sources.Index())
        {
            var look = source.Look(_looks[at]);
            isSame &= ReferenceEquals(look, _looks[at]);
            _looks[at] = look;
        }
        if (isSame && fleet.Vms.All(vm => !vm.IsPlaced && vm.Host is null)) return _last!;
        _fleet = fleet;
        return _last = Combine(fleet);
    }

    /// <summary>The fleet file's own VMs first: what it says of a socket holds.</summary>
    private HostScan Combine(FleetFile fleet)
    {
        var found = new ScanResult(host);
        // The entry for this host goes before the one for any.
        var ours = fleet.Vms.Where(vm => vm.Host == host).Select(vm => vm.Name).ToHashSet();
        foreach (
            var vm in fleet.Vms.Where(vm => vm.IsPlaced && (vm.Host is null ? !ours.Contains(vm.Name) : vm.Host == host))
        )
            if (Place(vm, sources, root) is { } placed) Add(found, placed);
        foreach (var (at, look) in _looks.Index())
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"Fleet:Sources:{at}");
            foreach (var fault in look!.Faults) found.Fault(new(key, fault.Reason, fault.Remedy, fault.Blinds));
            foreach (var vm in look.Vms.Where(vm => !IsAnothers(vm, at))) found.Add(vm, key);
        }
        foreach (var vm in fleet.Vms.Where(vm => !vm.IsPlaced && vm.Host == host && !found.Has(vm.Name)))
        {
            found.Miss(
                new VmId(host, vm.Name),
                "the fleet file says that it is on this host, and no source of Fleet.Sources finds it",
                "Start the VM where a source looks, or correct the fleet file"
            );
        }
        foreach (var vm in fleet.Vms.Where(vm => vm.Host is { } other && other != host && !hasNode(other)))
        {
            found.Miss(
                new VmId(vm.Host!, vm.Name),
                $"the fleet file says that it is on host {vm.Host}: this node's host is {host}, and no node of its cluster is "
                    + $"there",
                "Correct Host in the fleet file, or leave it out; or start a node there");
        }
        return found.ToScan();
    }

    private void Add(ScanResult found, FoundVm placed)
    {
        if (!IsAnothers(placed, null)) found.Add(placed, FleetFileKey);
        else
            found.Miss(
                new VmId(host, placed.Name),
                $"the fleet file places it at {placed.Place}, and a source of another kind has the VM that this belongs to",
                "Remove Agent and Monitor from its entry, and name the VM there as that source does");
    }

    /// <summary>A socket of a kind of host that knows more of its VM is left to that kind.</summary>
    /// <param name="source">Which has found it; null: the fleet's file.</param>
    private bool IsAnothers(FoundVm vm, int? source) =>
        sources.Index().Any(other => other.Index != source && other.Item.Kind != vm.Kind && other.Item.Owns(vm));

    /// <summary>A VM that the fleet's file places by itself, as the kind sees it that such a place is of.</summary>
    /// <returns>Null: it is not placed, or no kind knows such a place.</returns>
    public static FoundVm? Place(FleetVm vm, IReadOnlyList<IVmSource> sources, string root) =>
        vm.IsPlaced
            ? HostKinds.All
                .Select(kind => kind.Place(new PlacedVm(vm.Name, vm.Place), sources, root))
                .FirstOrDefault(placed => placed is not null)
            : null;
}

using Akka.Actor;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>The VMs that discovery last found on this host. Each one's actor is told when its VM appears, changes or goes, with
/// the entry that the ledger holds for it. Belongs to the <see cref="HostActor"/>.</summary>
internal sealed class HostVms(HostServices services, HostLedger ledger)
{
    /// <summary>The way to VMs; nobody until it is up.</summary>
    private IActorRef _actors = ActorRefs.Nobody;
    private Dictionary<string, VmSpec> _vms = [];

    public bool Has(string vm) => _vms.ContainsKey(vm);

    public void Begin(IActorRef actors) => _actors = actors;

    public void PresentAll()
    {
        foreach (var vm in _vms.Values) _actors.Tell(Present(vm));
    }

    public void Update(VmsFound found)
    {
        services.Fleet.Tell(found);
        var now = found.Scan.Vms.ToDictionary(vm => vm.Id.Name);
        foreach (var vm in now.Values.Where(vm => _vms.GetValueOrDefault(vm.Id.Name) != vm)) _actors.Tell(Present(vm));
        foreach (var vm in _vms.Values.Where(vm => !now.ContainsKey(vm.Id.Name))) _actors.Tell(new VmGone(vm.Id));
        _vms = now;
        services.Discovered.TrySetResult();
    }

    /// <summary>A VM's actor that began anew by a fault of ours asks for what it was told at its birth.</summary>
    public void Answer(FindVm asked, IActorRef asker)
    {
        if (_vms.TryGetValue(asked.Vm, out var vm)) asker.Tell(Present(vm));
    }

    /// <summary>Gives the VM's actor the entry that the ledger holds, to thaw by it.</summary>
    public void GiveEntry(string vm)
    {
        if (_vms.TryGetValue(vm, out var here)) _actors.Tell(Present(here));
    }

    private VmPresent Present(VmSpec vm) => new(vm, ledger.Read(vm.Id.Name));
}

using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Fleet.Directory;
using QgaOrchestrator.Core.Vms;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>VMs with two QEMUs, as <see cref="VmMoves"/> says. Belongs to the <see cref="FleetActor"/>.</summary>
internal sealed class KnownMoves(FleetServices services, Func<IEnumerable<VmStatus>> all)
{
    /// <summary>UUIDs of VMs that went away from their hosts, the latest last: an order may still come for one.</summary>
    private readonly OrderedDictionary<VmId, string> _gone = [];

    private const int MostGone = 10_000;

    private VmMoves _moves = VmMoves.None;

    /// <summary>A VM is told otherwise than before; null: it was not known, or is gone.</summary>
    public void Change(VmStatus? before, VmStatus? after)
    {
        if (before == after) return;
        _moves = _moves.Changed(Sight(before), Sight(after), services.Time.Moment());
        if (before is not null && after?.Uuid is null) Leave(before);
        if (after is { Uuid: not null }) _gone.Remove(after.Id);
    }

    /// <summary>A VM is not on its host any more.</summary>
    public void Leave(VmStatus vm)
    {
        if (vm.Uuid is not { } uuid) return;
        _gone.Remove(vm.Id);
        _gone.Add(vm.Id, uuid);
        if (_gone.Count > MostGone) _gone.RemoveAt(0);
    }

    /// <summary>The VMs of these hosts whose guests have gone to another one that is not away.</summary>
    public IEnumerable<VmId> Elsewhere(IReadOnlySet<string> hosts)
    {
        var known = all().Select(vm => (Vm: vm.Id, vm.Uuid))
            .Concat(_gone.Select(gone => (Vm: gone.Key, Uuid: (string?)gone.Value)));
        return VmMoves.Gone(known.Where(one => hosts.Contains(one.Vm.Host)), all().Select(vm => Sight(vm)!)).Distinct();
    }

    /// <summary>Without those that are copies of another.</summary>
    public IEnumerable<VmStatus> Listed()
    {
        var vms = all().ToList();
        var copies = VmMoves.Copies(vms.Select(vm => Sight(vm)!));
        return copies.Count == 0 ? vms : vms.Where(vm => !copies.Contains(vm.Id));
    }

    public MoveTold Find(FindMove asked)
    {
        var uuid = asked.Uuid ?? all().FirstOrDefault(vm => vm.Id == asked.Vm)?.Uuid ?? _gone.GetValueOrDefault(asked.Vm);
        if (uuid is null) return new(Known(FreezeWord.Unknown), HasCopy: false, null);
        var same = all().Where(vm => vm.Uuid == uuid).Select(vm => Sight(vm)!).ToList();
        return new(
            Known(_moves.WordOn(asked.Vm, uuid, same)), VmMoves.HasCopy(asked.Vm, uuid, same),
            VmMoves.PlaceOf(asked.Vm, uuid, same));
    }

    /// <summary>A node alone has no other host where a window of ours could have frozen the guest.</summary>
    private FreezeWord Known(FreezeWord word) =>
        word == FreezeWord.Unknown && !services.IsClustered ? FreezeWord.Others : word;

    private static VmSight? Sight(VmStatus? vm) => vm is null
        ? null
        : new VmSight(vm.Id, vm.Uuid, vm.RunState)
        {
            CameIn = vm.CameIn,
            IsAway = vm.AsOf is not null,
            Freeze = vm switch
            {
                { Frozen: false } => FreezeWord.Unknown,
                { FrozenBy: null or VmStatus.SomebodyElse } => FreezeWord.Others,
                _ => FreezeWord.Ours,
            },
            IsSeenThawed = vm is { Agent: AgentState.Ready, Frozen: false },
        };
}

using System.Text.Json;
using Akka.Actor;
using QgaOrchestrator.Actors.Messages;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Fleet.Directory;

namespace QgaOrchestrator.Actors.Fleet;

/// <summary>Tells the other hosts' directories of this host's VMs. Belongs to the <see cref="FleetActor"/>.</summary>
internal sealed class ToldVms(FleetServices services, OwnVms own, OtherHosts others, IActorRef self)
{
    /// <summary>Bytes of one message: it must not delay the heartbeats of the cluster, which share its connection.</summary>
    public const int Most = 32_000;

    private readonly ToldList<VmStatus> _list = new(Guid.NewGuid(), BytesOf, Most);

    public static int BytesOf(VmStatus vm) => JsonSerializer.SerializeToUtf8Bytes(vm, WireJson.Default.VmStatus).Length + 1;

    public bool HasChanged => _list.HasChanged;

    /// <summary>A VM may have changed.</summary>
    public void Look(VmId vm)
    {
        if (vm.Host != services.Host) return;
        if (own.Find(vm) is not { } now) _list.Remove(vm.Name);
        else if (now != _list.Find(vm.Name)) _list.Put(vm.Name, now);
    }

    /// <summary>All of them may have: discovery, or the fleet's file, tells something else.</summary>
    public void LookAtAll()
    {
        var now = own.All().Where(vm => vm.Id.Host == services.Host).ToList();
        foreach (var gone in _list.Names.Except(now.Select(vm => vm.Id.Name)).ToList()) _list.Remove(gone);
        foreach (var vm in now.Where(vm => vm != _list.Find(vm.Id.Name))) _list.Put(vm.Id.Name, vm);
    }

    public void TellChanges()
    {
        foreach (var part in _list.Changes()) TellAll(new HostVmsTold(services.Host, part));
    }

    public void Beat(HostFacts facts) => TellAll(
        new HostBeat(services.Host, _list.Incarnation, _list.Version, facts) { At = services.Epoch.Now });

    public void TellEverything(ICanTell asker)
    {
        TellChanges();
        foreach (var part in _list.All()) asker.Tell(new HostVmsTold(services.Host, part), self);
    }

    private void TellAll(object message)
    {
        foreach (var directory in others.Present) directory.Tell(message, self);
    }
}

using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox;
using QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Hosts.Kinds;

/// <summary>The registry of host kinds. A new one is a folder here, a line in <see cref="All"/>, and its suite's run.</summary>
public static class HostKinds
{
    /// <summary>The first is a source's default.</summary>
    public static IReadOnlyList<IHostKind> All { get; } =
    [
        new SocketsKind(),
        new LibvirtKind(),
        new ProxmoxKind(),
    ];

    public static string Default => All[0].Name;

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(kind => kind.Name)];

    /// <returns>Null: no such kind. It is refused, and never replaced by another.</returns>
    public static IHostKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);

    /// <summary>The members of a VM in the fleet's file that say where it is.</summary>
    public static IReadOnlyList<string> PlaceMembers { get; } = [.. All.SelectMany(kind => kind.PlaceMembers).Distinct()];

    /// <summary>What is wrong with such members, a sentence each.</summary>
    public static IEnumerable<string> PlaceFaults(IReadOnlyDictionary<string, string> place) =>
        All.SelectMany(kind => kind.PlaceFaults(place));

    /// <summary>The VMs of a host by kind. Who manages VMs takes its own; what nobody has taken is the default kind's.</summary>
    public static async Task<IReadOnlyList<DetectedVms>> DetectAsync(HostSight host)
    {
        List<DetectedVms> found = [];
        foreach (var kind in All.Reverse())
        {
            if (await kind.DetectAsync(host).ConfigureAwait(false) is not { } vms) continue;
            found.Add(vms);
            var taken = vms.Vms.Select(vm => vm.Pid).ToHashSet();
            host = host with { Qemus = [.. host.Qemus.Where(qemu => !taken.Contains(qemu.Pid))] };
        }
        return found;
    }

    /// <summary>The agent at an address of any kind, for a thaw. An address that no kind reaches gets one that never answers
    /// and says why.</summary>
    public static IAgent Agent(VmAddress address, TimeProvider time, Random random) =>
        All.FirstOrDefault(kind => kind.Reaches(address)) is { } kind
            ? kind.Agent(address, time, random)
            : new UnknownWayAgent(address is VmAddress.Through through ? through.Kind : address.ToString());
}

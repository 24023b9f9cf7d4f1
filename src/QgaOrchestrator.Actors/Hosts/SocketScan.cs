using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// Finds VMs by the paths of their sockets: a pattern holds <c>{vm}</c> once, in one path component, as in
/// <c>/run/vms/{vm}/qga.sock</c> or <c>/run/vms/{vm}.qga</c>.
/// </summary>
public static class SocketScan
{
    private const string Placeholder = "{vm}";

    /// <summary>The fleet file's own VMs and all VMs of all sources, by name; a name that is found twice is the first one's.</summary>
    public static IReadOnlyList<VmSpec> Find(string host, IReadOnlyList<SourceSection> sources, FleetFile fleet) =>
        fleet.Vms.SelectMany(vm => Find(host, vm)).Concat(sources.SelectMany(source => Find(host, source))).DistinctBy(vm => vm.Id.Name).OrderBy(vm => vm.Id.Name, StringComparer.Ordinal).ToList();

    private static IEnumerable<VmSpec> Find(string host, SourceSection source)
    {
        foreach (var name in Names(source.Agent))
        {
            var agent = source.Agent.Replace(Placeholder, name, StringComparison.Ordinal);
            var monitor = source.Monitor?.Replace(Placeholder, name, StringComparison.Ordinal);
            if (!VmId.IsName(name) || !File.Exists(agent)) continue;
            yield return new VmSpec(new VmId(host, name), agent, monitor is not null && File.Exists(monitor) ? monitor : null, source.Hold);
        }
    }

    /// <summary>A VM that the fleet's file places: its sockets are ours alone.</summary>
    private static IEnumerable<VmSpec> Find(string host, FleetVm vm)
    {
        if (vm.Agent is null || (vm.Host ?? host) != host) yield break;
        var agent = FleetVm.SocketPath(vm.Agent);
        var monitor = vm.Monitor is null ? null : FleetVm.SocketPath(vm.Monitor);
        if (File.Exists(agent)) yield return new VmSpec(new VmId(host, vm.Name), agent, File.Exists(monitor) ? monitor : null, SocketHold.Exclusive);
    }

    private static IEnumerable<string> Names(string pattern)
    {
        var parts = pattern.Split('/');
        var at = Array.FindIndex(parts, part => part.Contains(Placeholder, StringComparison.Ordinal));
        if (at < 0) return [];
        var root = string.Join('/', parts[..at]);
        if (root.Length == 0) root = "/";
        if (!Directory.Exists(root)) return [];
        var (before, after) = (parts[at][..parts[at].IndexOf('{', StringComparison.Ordinal)], parts[at][(parts[at].IndexOf('}', StringComparison.Ordinal) + 1)..]);
        return Directory.EnumerateFileSystemEntries(root)
            .Select(path => Path.GetFileName(path))
            .Where(entry => entry.Length > before.Length + after.Length
                && entry.StartsWith(before, StringComparison.Ordinal) && entry.EndsWith(after, StringComparison.Ordinal))
            .Select(entry => entry[before.Length..^after.Length]);
    }
}

using System.Globalization;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Core.Fleet;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>
/// Finds VMs by the paths of their sockets, and by the fleet's file. Whatever is found is told: a VM as a channel, or, where
/// it cannot be one, with the reason; a source that cannot be looked at as a fault.
/// </summary>
/// <param name="host">This host's name.</param>
/// <param name="sources">Of the config.</param>
/// <param name="proxmox">Whether this is a host of Proxmox VE.</param>
/// <param name="hasNode">Whether a node of our cluster runs on the host of that name.</param>
public sealed class SocketScan(string host, IReadOnlyList<SourceSection> sources, ProxmoxHost proxmox, Func<string, bool> hasNode)
{
    /// <summary>A file name whose bytes are no UTF-8 is read with this in it, and cannot be opened by that name.</summary>
    private const char NotUtf8 = '\uFFFD';

    private const string FleetFileKey = "Fleet:File";

    /// <summary>The fleet file's own VMs first: what it says of a socket holds.</summary>
    public HostScan Find(FleetFile fleet)
    {
        var found = new ScanResult(host, proxmox.IsHere ? proxmox : null);
        var holds = new SourceHolds(sources);
        // The entry for this host goes before the one for any.
        var ours = fleet.Vms.Where(vm => vm.Host == host).Select(vm => vm.Name).ToHashSet();
        foreach (
            var vm in fleet.Vms.Where(vm => vm.Agent is not null && (vm.Host is null ? !ours.Contains(vm.Name) : vm.Host == host))
        )
            Place(vm, holds, found);
        foreach (var (at, source) in sources.Index())
            Search(source, string.Create(CultureInfo.InvariantCulture, $"Fleet:Sources:{at}"), found);
        foreach (var vm in fleet.Vms.Where(vm => vm.Agent is null && vm.Host == host && !found.Has(vm.Name)))
        {
            found.Miss(
                new VmId(host, vm.Name),
                "the fleet file says that it is on this host, and no source of Fleet.Sources finds its sockets"
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

    private static void Place(FleetVm vm, SourceHolds holds, ScanResult found)
    {
        var (agent, monitor) = vm.Sockets;
        var at = new Sighting(vm.Name, agent!, monitor, holds.Of(agent!, monitor), FleetFileKey)
        {
            HasAgent = File.Exists(agent),
            HasMonitor = File.Exists(monitor),
        };
        if (at.HasAgent || at.HasMonitor) found.Add(at, RealPath.Of(at.Socket));
        else found.Miss(
            at, $"the fleet file places it here, and there is no socket {string.Join(" and no ", at.Paths)}{Unreadable(at)}");
    }

    private static string Unreadable(Sighting at)
    {
        var locked = at.Paths.Select(path => Locked(Path.GetDirectoryName(path)!)).FirstOrDefault(why => why is not null);
        return locked is null ? "" : $" that this node can see ({locked})";
    }

    private static void Search(SourceSection source, string key, ScanResult found)
    {
        var agents = new SocketPattern(source.Agent);
        var monitors = source.Monitor is null ? null : new SocketPattern(source.Monitor);
        var (agentRoot, monitorRoot) = (RealPath.Of(agents.Root), monitors is null ? "" : RealPath.Of(monitors.Root));
        var names = new SortedSet<string>(Names(agents, key, found), StringComparer.Ordinal);
        // Where both are in the VM's own directory its entries have been read.
        if (monitors is not null && !(agents.HasDirectory && monitors.DirectoryOf("x") == agents.DirectoryOf("x")))
            names.UnionWith(Names(monitors, key, found));
        foreach (var name in names)
        {
            var at = new Sighting(name, agents.PathOf(name), monitors?.PathOf(name), source.Hold, key);
            at = at with
            {
                HasAgent = Is(at.Agent, agents, monitors),
                HasMonitor = at.Monitor is { } path && Is(path, monitors!, agents),
            };
            if (!at.HasAgent && !at.HasMonitor && !name.Contains(NotUtf8))
                at = at with { Locked = LockedIn(agents, name) };
            if (at.HasAgent || at.HasMonitor || name.Contains(NotUtf8) || at.Locked is not null)
                found.Add(
                    at,
                    at.Socket == at.Monitor ? RealOf(at.Socket, monitors!, monitorRoot) : RealOf(at.Socket, agents, agentRoot)
                );
        }
    }

    /// <summary>Why a VM's own directory cannot be looked into.</summary>
    private static string? LockedIn(SocketPattern pattern, string name) =>
        pattern.HasDirectory && pattern.DirectoryOf(name) is var directory && Directory.Exists(directory)
            ? Locked(directory)
            : null;

    /// <summary>Where both patterns mean one path, as {vm}.sock and {vm}.qmp.sock do, the longer one does.</summary>
    private static bool Is(string path, SocketPattern pattern, SocketPattern? other) =>
        File.Exists(path) && !(other is not null && other.Text.Length > pattern.Text.Length && other.NameOf(path) is not null);

    private static IReadOnlyList<string> Names(SocketPattern pattern, string key, ScanResult found)
    {
        try
        {
            return [.. pattern.Names()];
        }
        catch (DirectoryNotFoundException) when (!Path.Exists(pattern.Root))
        {
            found.Fault(new(
                key, $"there is no directory {pattern.Root}",
                "VMs are found as soon as it is there; correct the pattern if it never is", Blinds: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            found.Fault(new(
                key, $"{pattern.Root} cannot be read: {Sentence(e)}",
                "Give the node's user the right to read and search it: its VMs are not seen", Blinds: true));
        }
        return [];
    }

    /// <summary>Why this node cannot look into the directory; null: it can, or there is none.</summary>
    private static string? Locked(string directory)
    {
        try
        {
            using var entries = Directory.EnumerateFileSystemEntries(directory).GetEnumerator();
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Sentence(e);
        }
    }

    private static string RealOf(string path, SocketPattern pattern, string realRoot) =>
        RealPath.Of(realRoot, path[pattern.Root.Length..]);

    private static string Sentence(Exception e) => e.Message.TrimEnd('.');
}

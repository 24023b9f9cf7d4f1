using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

/// <summary>One VM by the paths of its sockets.</summary>
internal sealed record FoundSockets(string Name, string Agent, string? Monitor, SocketHold Hold)
{
    public bool HasAgent { get; init; }

    public bool HasMonitor { get; init; }

    /// <summary>Why its directory cannot be looked into.</summary>
    public string? Locked { get; init; }

    /// <summary>By which it is recognised.</summary>
    public string Socket => HasAgent || !HasMonitor ? Agent : Monitor!;

    private IEnumerable<string> Paths => new[] { Agent, Monitor }.OfType<string>();

    /// <summary>As a source finds it.</summary>
    /// <param name="identity">Its socket with all links followed.</param>
    public FoundVm ToFound(IHostKind kind, ProxmoxHost? proxmox, string? identity) =>
        new(Name, kind, new VmAddress.Sockets(Agent, HasMonitor ? Monitor : null, Hold), identity, Socket)
        {
            Missing = Locked is { } locked
                ? new(
                    $"whether its sockets are there cannot be seen: {locked}",
                    "Give the node's user the right to read and search its directory")
                : null,
            Refusal = proxmox?.Objection(Hold, Agent, Monitor),
            NoAgent = HasAgent ? null : WithoutAgent(),
        };

    /// <summary>As the fleet's file places it.</summary>
    public FoundVm ToPlaced(IHostKind kind, ProxmoxHost? proxmox) => HasAgent || HasMonitor
        ? ToFound(kind, proxmox, RealPath.Of(Socket))
        : ToFound(kind, proxmox, null) with
        {
            Missing = new(
                $"the fleet file places it here, and there is no socket {string.Join(" and no ", Paths)}{Unreadable()}",
                "Start the VM with its sockets there, or correct the fleet file"),
        };

    private VmObstacle WithoutAgent() => new(
        $"it has a monitor and no agent's socket {Agent}",
        "Give its QEMU a channel for the guest's agent at that path, and run qemu-ga in the guest; "
        + "without one a backup with consistency prefer or none makes a crash point");

    private string Unreadable()
    {
        var locked = Paths
            .Select(path => SocketSource.Locked(Path.GetDirectoryName(path)!))
            .FirstOrDefault(why => why is not null);
        return locked is null ? "" : $" that this node can see ({locked})";
    }
}

using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Actors.Hosts;

/// <summary>What a source, or the fleet's file, says of one VM.</summary>
/// <param name="Name">As it is found.</param>
/// <param name="From">Who says it, by the config's key.</param>
internal sealed record Sighting(string Name, string Agent, string? Monitor, SocketHold Hold, string From)
{
    public bool HasAgent { get; init; }

    public bool HasMonitor { get; init; }

    /// <summary>Why its directory cannot be looked into.</summary>
    public string? Locked { get; init; }

    public IEnumerable<string> Paths => new[] { Agent, Monitor }.OfType<string>();

    /// <summary>By which it is known again.</summary>
    public string Socket => HasAgent || !HasMonitor ? Agent : Monitor!;
}

/// <summary>
/// Gathers what one look finds: each socket once, each name once. What cannot be a channel is kept with its reason, under a
/// name that nobody else has.
/// </summary>
/// <param name="host">This host's name.</param>
/// <param name="proxmox">Null where it is none of Proxmox's.</param>
internal sealed class ScanResult(string host, ProxmoxHost? proxmox)
{
    private const string ToName = "A VM's name is of [A-Za-z0-9._-], at most 128 characters: rename its directory or socket";

    private readonly SortedDictionary<string, VmSpec> _vms = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, UnservedVm> _unserved = new(StringComparer.Ordinal);
    private readonly HashSet<string> _sockets = [];
    private readonly Dictionary<string, Sighting> _names = [];
    private readonly List<SourceFault> _faults = [];

    public bool Has(string name) => _names.ContainsKey(name);

    public void Fault(SourceFault fault)
    {
        if (!_faults.Contains(fault)) _faults.Add(fault);
    }

    /// <summary>A VM that is said to be at these sockets, and they are not there. Its name is taken all the same.</summary>
    public void Miss(Sighting at, string reason)
    {
        _names.TryAdd(at.Name, at);
        Miss(new VmId(host, at.Name), reason);
    }

    /// <summary>A VM that is said to be and of which there is nothing.</summary>
    public void Miss(VmId id, string reason, string remedy = "Start the VM with its sockets there, or correct the fleet file") =>
        _unserved.TryAdd(id.ToString(), new(id, new(AgentState.Missing, reason, remedy)));

    /// <param name="at">What is found.</param>
    /// <param name="socket">Its socket with all links followed: one that was found before is one VM, and the first has named
    /// it.</param>
    public void Add(Sighting at, string socket)
    {
        if (!_sockets.Add(socket)) return;
        if (Trouble(at) is { } trouble) Refuse(at, trouble);
        else if (_names.TryGetValue(at.Name, out var first))
        {
            Refuse(at, new(
                AgentState.Invalid,
                $"two VMs have the name {at.Name}: {first.From} has one at {first.Socket}, {at.From} this one at {at.Socket}",
                "Give each VM a name of its own"));
        }
        else
        {
            _names.Add(at.Name, at);
            _vms.Add(at.Name, new VmSpec(new VmId(host, at.Name), at.Agent, at.HasMonitor ? at.Monitor : null, at.Hold)
            {
                NoAgent = at.HasAgent ? null : NoAgent(at.Agent),
            });
        }
    }

    public HostScan ToScan() => new([.. _vms.Values], [.. _unserved.Values], _faults);

    private static AgentTrouble NoAgent(string path) => new(
        AgentState.None, $"it has a monitor and no agent's socket {path}",
        "Give its QEMU a channel for the guest's agent at that path, and run qemu-ga in the guest; "
        + "without one a backup with consistency prefer or none makes a crash point");

    private AgentTrouble? Trouble(Sighting at) => at switch
    {
        _ when !VmId.IsName(at.Name) => new(AgentState.Invalid, $"its name is not a VM's name; {at.From} finds it", ToName),
        { Locked: { } locked } => new(
            AgentState.Missing, $"whether its sockets are there cannot be seen: {locked}",
            "Give the node's user the right to read and search its directory"),
        _ => proxmox?.Objection(at.Hold, at.Agent, at.Monitor),
    };

    private void Refuse(Sighting at, AgentTrouble trouble)
    {
        var name = ShownName.Of(at.Name);
        if (_names.ContainsKey(at.Name)) name += $" ({at.From})";
        _names.TryAdd(at.Name, at);
        while (!_unserved.TryAdd($"{host}/{name}", new(new VmId(host, name), trouble))) name += $" ({at.From})";
    }
}

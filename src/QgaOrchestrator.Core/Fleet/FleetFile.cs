using System.Text.Json.Serialization;

namespace QgaOrchestrator.Core.Fleet;

/// <summary>How a VM's freeze joins others.</summary>
[JsonConverter(typeof(CamelCaseNames<FreezeMode>))]
public enum FreezeMode
{
    /// <summary>In one window with its group.</summary>
    Together,

    /// <summary>In no group's window, and while no other VM of its run is at work: others may need it, as a database that serves
    /// them, to thaw.</summary>
    Alone,

    /// <summary>It is cut as it runs, and its points say crash.</summary>
    Never,
}

/// <summary>What is said about the fleet beside what is found: labels, groups, explicit VMs.</summary>
public sealed record FleetFile(IReadOnlyList<FleetVm> Vms)
{
    public static FleetFile Empty { get; } = new([]);

    /// <summary>Everything that is wrong, a sentence each; none where the file is good.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = Vms.SelectMany((vm, i) => vm.Validate().Select(error => $"Vms[{i}]: {error}")).ToList();
        foreach (var twice in Vms.GroupBy(vm => (vm.Host, vm.Name)).Where(g => g.Count() > 1))
            errors.Add($"Vms: {twice.Key.Name} is named {twice.Count()} times; keep one.");
        return errors;
    }

    /// <summary>What is said about this VM: the entry with its host, else the one for its name on any host.</summary>
    public FleetVm? Find(VmId id) =>
        Vms.FirstOrDefault(vm => vm.Name == id.Name && vm.Host == id.Host)
        ?? Vms.FirstOrDefault(vm => vm.Name == id.Name && vm.Host is null);

    /// <summary>Disks of this VM that its owner leaves out of its points.</summary>
    public IReadOnlyList<string> Excluded(VmId id) => Find(id)?.Exclude ?? [];

    /// <summary>The identity of a VM that was found.</summary>
    public VmIdentity Identify(VmId id, string? uuid) =>
        Find(id) is { } said
            ? new(id, uuid, said.Labels, said.Group) { Freeze = said.Freeze }
            : new(id, uuid, VmIdentity.NoLabels);
}

/// <summary>One VM of the fleet's file.</summary>
/// <param name="Host">Null: on whichever host it is found.</param>
/// <param name="Agent">Where set, <c>unix:/path</c> of its agent's socket: the VM needs no source.</param>
/// <param name="Monitor"><c>unix:/path</c> of its monitor's socket.</param>
public sealed record FleetVm(
    string Name, string? Host, IReadOnlyDictionary<string, string> Labels, string? Group, FreezeMode Freeze,
    string? Agent, string? Monitor)
{
    private const string Unix = "unix:";

    /// <summary>Disks that are in no point of this VM, each by its device's id, its node's name, its drive's id or its
    /// serial.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    internal IEnumerable<string> Validate()
    {
        if (!VmId.IsName(Name)) yield return $"Name '{Name}' is not a VM's name ([A-Za-z0-9._-]).";
        if (Host is not null && !VmId.IsName(Host)) yield return $"Host '{Host}' is not a host's name ([A-Za-z0-9._-]).";
        if (Group is not null && !VmId.IsName(Group)) yield return $"Group '{Group}' is not a group's name ([A-Za-z0-9._-]).";
        foreach (var key in Labels.Keys.Where(Selector.OwnKeys.Contains))
            yield return $"Label '{key}' is taken: in a selector it is the VM's own {key}.";
        foreach (var label in Labels.Where(label => !IsLabel(label.Key) || !IsLabel(label.Value)))
            yield return $"Label '{label.Key}={label.Value}' must be of [A-Za-z0-9._/-].";
        if (Agent is not null && !IsSocket(Agent)) yield return $"Agent '{Agent}' must be unix: and an absolute path.";
        if (Monitor is not null && !IsSocket(Monitor)) yield return $"Monitor '{Monitor}' must be unix: and an absolute path.";
        foreach (var disk in Exclude.Where(disk => disk.Length == 0 || disk.Trim() != disk))
            yield return $"Exclude '{disk}' is no disk's name: its device's id, its node's name, its drive's id or its serial.";
        if (Monitor is not null && Agent is null) yield return "Monitor is set without Agent.";
    }

    /// <summary>The paths of its own sockets, null where it says none.</summary>
    public (string? Agent, string? Monitor) Sockets =>
        (Agent is null ? null : SocketPath(Agent), Monitor is null ? null : SocketPath(Monitor));

    /// <summary>The path of a <c>unix:/path</c> address.</summary>
    public static string SocketPath(string address) => address[Unix.Length..];

    private static bool IsSocket(string address) => address.StartsWith(Unix + '/', StringComparison.Ordinal);

    private static bool IsLabel(string text) =>
        text.Length is > 0 and <= 128 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/');
}

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
    public IReadOnlyList<string> Validate(IVmPlaces places)
    {
        var errors = Vms.SelectMany((vm, i) => vm.Validate(places).Select(error => $"Vms[{i}]: {error}")).ToList();
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
public sealed record FleetVm(
    string Name, string? Host, IReadOnlyDictionary<string, string> Labels, string? Group, FreezeMode Freeze)
{
    /// <summary>Where it is, by the members that its kind of host has for that (<see cref="IVmPlaces"/>): the VM needs no
    /// source. Empty: a source finds it.</summary>
    public IReadOnlyDictionary<string, string> Place { get; init; } = VmIdentity.NoLabels;

    public bool IsPlaced => Place.Count > 0;

    /// <summary>Disks that are in no point of this VM, each by its device's id, its node's name, its drive's id or its
    /// serial.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    internal IEnumerable<string> Validate(IVmPlaces places)
    {
        if (!VmId.IsName(Name)) yield return $"Name '{Name}' is not a VM's name ([A-Za-z0-9._-]).";
        if (Host is not null && !VmId.IsName(Host)) yield return $"Host '{Host}' is not a host's name ([A-Za-z0-9._-]).";
        if (Group is not null && !VmId.IsName(Group)) yield return $"Group '{Group}' is not a group's name ([A-Za-z0-9._-]).";
        foreach (var key in Labels.Keys.Where(Selector.OwnKeys.Contains))
            yield return $"Label '{key}' is taken: in a selector it is the VM's own {key}.";
        foreach (var label in Labels.Where(label => !IsLabel(label.Key) || !IsLabel(label.Value)))
            yield return $"Label '{label.Key}={label.Value}' must be of [A-Za-z0-9._/-].";
        foreach (var fault in places.Faults(Place)) yield return fault;
        foreach (var disk in Exclude.Where(disk => disk.Length == 0 || disk.Trim() != disk))
            yield return $"Exclude '{disk}' is no disk's name: its device's id, its node's name, its drive's id or its serial.";
    }

    private static bool IsLabel(string text) =>
        text.Length is > 0 and <= 128 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/');
}

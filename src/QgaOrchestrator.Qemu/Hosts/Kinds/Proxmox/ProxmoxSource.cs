using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Locks;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Site;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox;

/// <summary>
/// One source of kind proxmox: the VMs whose configs lie in this host's folder. One that has moved away is not there any more,
/// whatever its old QEMU does.
/// </summary>
internal sealed record ProxmoxSource(IHostKind Kind, ProxmoxSite Site) : IVmSource
{
    /// <summary>A config that was the same for so many looks is not read again until its stamp changes: pmxcfs counts whole
    /// seconds.</summary>
    private const int LooksToStand = 5;

    public bool Owns(FoundVm vm)
    {
        var sockets = RealPath.Of(Site.Sockets);
        return vm.Address is VmAddress.Sockets { Agent: var agent, Monitor: var monitor }
            && new[] { agent, monitor }.OfType<string>().Any(path => RealPath.Of(Path.GetDirectoryName(path)!) == sockets);
    }

    public SourceLook Look(SourceLook? before = null)
    {
        var last = before as ProxmoxLook;
        try
        {
            var (version, node, owners) = (Site.Version(), Site.Node, Site.Owners());
            var known = version == last?.Version ? last.Seen : new Dictionary<int, SeenConfig>();
            var seen = new Dictionary<int, SeenConfig>();
            foreach (var id in Site.Ids().Where(id => owners.GetValueOrDefault(id, node) == node))
                if (See(id, known.GetValueOrDefault(id)) is { } config) seen[id] = config;
            FoundVm[] vms = [.. seen.Select(vm => Find(vm.Key, vm.Value.Config))];
            var isSame = last is { Faults.Count: 0 } && vms.SequenceEqual(last.Vms) && seen.Count == last.Seen.Count
                && seen.All(vm => ReferenceEquals(last.Seen.GetValueOrDefault(vm.Key), vm.Value));
            return isSame ? last! : new ProxmoxLook(vms, [], version, seen);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A VM runs on without pmxcfs, which each of its updates restarts.
            return new ProxmoxLook(
                [.. (last?.Vms ?? []).Where(vm => vm.Identity is { } socket && File.Exists(socket))], [Fault(e)], "",
                new Dictionary<int, SeenConfig>());
        }
    }

    public Task<IReadOnlyList<string>> TidyAsync(
        CutHost host, Func<string, Task<IReadOnlySet<string>>> unsettled, CancellationToken cancel) =>
        new LockTidying(Site, host).RunAsync(unsettled, cancel);

    /// <summary>Reads a config unless it is known; null: it has just gone.</summary>
    private SeenConfig? See(int id, SeenConfig? last)
    {
        var stamp = Libc.StampOfLink(Site.ConfigOf(id));
        var stood = last is not null && last.Stamp == stamp ? last.Stood + 1 : 0;
        if (stood > LooksToStand) return last;
        return Site.Read(id) is { } config ? new(stamp, config, stood) : null;
    }

    private FoundVm Find(int id, GuestConfig config)
    {
        var vm = new ProxmoxVm(id, Site);
        var (hasAgent, hasMonitor) = (File.Exists(vm.Agent), File.Exists(vm.Monitor));
        var found = new FoundVm(ProxmoxVm.NameOf(id), Kind, vm, null, Site.ConfigOf(id)) { Labels = LabelsOf(config) };
        if (config.IsTemplate)
            return found with
            {
                Missing = new("it is a template, which never runs", "Leave templates out: --select '!pve.template'"),
            };
        if (!hasMonitor)
            return found with
            {
                Missing = new(
                    $"it does not run: there is no socket {vm.Monitor}",
                    $"Start it (qm start {found.Name}), or leave it out of the selection"),
            };
        return found with
        {
            Identity = RealPath.Of(hasAgent ? vm.Agent : vm.Monitor!),
            NoAgent = hasAgent
                ? null
                : new(
                    $"its QEMU has no channel for the guest's agent: there is no socket {vm.Agent}",
                    $"Turn it on (qm set {found.Name} --agent 1), stop and start the VM, and run qemu-ga in the guest; "
                        + "without one a backup with consistency prefer or none makes a crash point"),
        };
    }

    private static VmLabels LabelsOf(GuestConfig config) => VmLabels.Of(
    [
        ("pve.name", config.Name),
        ("pve.template", config.IsTemplate ? "true" : null),
        .. config.Tags.Select(tag => ($"pve.tag.{tag}", (string?)"true")),
    ]);

    private LookFault Fault(Exception error) => Directory.Exists(Site.Config) && !Directory.Exists(Site.Guests)
        ? new(
            $"there is no {Site.Guests}: pmxcfs does not run, or this host has another name in the cluster",
            $"Start it (systemctl start pve-cluster), and see that {Site.Config}/local leads to this host's folder", Blinds: true)
        : new(
            $"{Site.Guests} cannot be read: {error.Message.TrimEnd('.')}",
            $"Run the node as root on a Proxmox host; see systemctl status pve-cluster, and Config of the source", Blinds: true);

    private sealed record ProxmoxLook(
        IReadOnlyList<FoundVm> Vms, IReadOnlyList<LookFault> Faults, string Version, IReadOnlyDictionary<int, SeenConfig> Seen)
        : SourceLook(Vms, Faults);

    /// <param name="Stamp">Before it was read.</param>
    /// <param name="Stood">For how many looks the stamp was the same.</param>
    private sealed record SeenConfig(FileStamp? Stamp, GuestConfig Config, int Stood);
}

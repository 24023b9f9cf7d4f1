using QgaOrchestrator.Qemu.Files;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Ledger;
using QgaOrchestrator.Qemu.Machines;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt;

/// <summary>
/// One source of kind libvirt: the domains that run. A look tells what the daemon said last, and has it asked again: nobody
/// waits for it.
/// </summary>
internal sealed class LibvirtSource(LibvirtKind kind, LibvirtHost host, LibvirtOptions options) : IVmSource
{
    private const int LongestName = 128;

    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<(Guid Uuid, int Id), FoundVm> _known = [];
    private bool _retained;
    private Task? _asking;
    private SourceLook? _last;

    public IHostKind Kind => kind;

    public SourceLook Look(SourceLook? before = null)
    {
        _ = AskAsync();
        lock (_gate) return _last ?? new([], [NotYet]);
    }

    public Task ReadyAsync() => AskAsync();

    public bool Owns(FoundVm vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        lock (_gate) return vm.Identity is { } identity && _last?.Vms.Any(own => own.Identity == identity) == true;
    }

    private static LookFault NotYet { get; } = new(
        "libvirt has not answered yet", "Wait; where it stays so, see whether libvirt's daemon hangs", Blinds: false);

    private Task AskAsync()
    {
        lock (_gate) return _asking is { IsCompleted: false } asking ? asking : _asking = FindAsync();
    }

    private async Task FindAsync()
    {
        await Task.Yield();
        SourceLook found;
        try
        {
            if (!_retained) host.Retain();
            _retained = true;
            var domains = await host.Work.RunningDomainsAsync(Answer).ConfigureAwait(false);
            var vms = new List<FoundVm>();
            foreach (var domain in domains.OrderBy(domain => domain.Name, StringComparer.Ordinal))
                if (await FindAsync(domain).ConfigureAwait(false) is { } vm) vms.Add(vm);
            foreach (var gone in _known.Keys.Except(domains.Select(domain => (domain.Uuid, domain.Id))).ToList())
                _known.Remove(gone);
            found = new(vms, []);
        }
        catch (Exception e) when (e is LibvirtException or RpcFormatException)
        {
            // A daemon that restarts has not ended its domains.
            found = new(_last?.Vms ?? [], [Fault(e.Message)]);
        }
        lock (_gate)
        {
            if (_last is null || !_last.Vms.SequenceEqual(found.Vms) || !_last.Faults.SequenceEqual(found.Faults)) _last = found;
        }
    }

    private LookFault Fault(string reason) => new(
        $"libvirt cannot be asked for its VMs ({options.Uri}): {reason}",
        "Start libvirt's daemon (libvirtd or virtqemud), and run this node as root or in the group libvirt", Blinds: true);

    private async Task<FoundVm?> FindAsync(RpcDomain domain)
    {
        var key = (domain.Uuid, domain.Id);
        if (_known.TryGetValue(key, out var known)) return known;
        try
        {
            var xml = await host.Work.XmlAsync(domain, Answer).ConfigureAwait(false);
            return _known[key] = Found(domain, xml.AgentSocket is { } socket ? options.Root + socket : null);
        }
        catch (LibvirtException e) when (e.IsNoDomain)
        {
            return null;
        }
    }

    private FoundVm Found(RpcDomain domain, string? channel)
    {
        var place = new LibvirtPlace(options.Uri, options.Directory, domain.Uuid, channel ?? "")
        {
            Cut = options.Cut,
            LastResort = options.LastResort,
        };
        var name = VmName.IsValid(domain.Name) && domain.Name.Length <= LongestName ? domain.Name : domain.Uuid.ToString();
        return new(
            name, kind, new VmAddress.Through(kind.Name, place.ToString()),
            channel is null ? $"{options.Uri} {domain.Uuid}" : RealPath.Of(channel), $"{options.Uri} {domain.Name}")
        {
            Labels = VmLabels.Of([("libvirt.name", domain.Name)]),
            NoAgent = channel is null
                ? new(
                    "its domain has no channel for the guest's agent",
                    "Add <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel> to the domain, and "
                    + "run qemu-ga in the guest; without one a backup with consistency prefer or none makes a crash point")
                : null,
        };
    }
}

/// <summary>A source's options.</summary>
/// <param name="Root">Where the host's file system begins, without the slash: empty but in a test.</param>
/// <param name="Directory">Of the daemon's sockets.</param>
internal sealed record LibvirtOptions(string Root, string Uri, string Directory, string Cut, bool LastResort);

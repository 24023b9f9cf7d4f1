using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Disks;
using QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Rpc;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Monitor.Queries;
using QgaOrchestrator.Qemu.Processes;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Libvirt.Domains;

/// <summary>A domain's machine, as libvirt's daemon tells it.</summary>
internal sealed class LibvirtMachine(LibvirtPlace place, LibvirtHost host, TimeProvider time) : IMachine
{
    private readonly Lock _gate = new();
    private RpcDomain? _domain;
    private bool _retained;

    public event Action<MachineEvent>? Happened;

    public event Action<string>? Lost;

    public LibvirtPlace Place => place;

    public LibvirtHost Host => host;

    /// <summary>As it was opened; null: it is not open.</summary>
    public RpcDomain? Domain
    {
        get { lock (_gate) return _domain; }
    }

    public bool IsOpen => Domain is not null;

    /// <summary>A backup is being begun: see <see cref="UnbegunBackup"/>.</summary>
    public bool MayLeaveUnbegun { get; set; }

    /// <summary>By the file that the daemon writes for each domain.</summary>
    public QemuProcess? Process { get; private set; }

    public async Task<MachineOpening> OpenAsync(TimeSpan timeout)
    {
        Retain();
        var start = time.GetTimestamp();
        try
        {
            var domain = await host.Work.DomainAsync(place.Uuid, timeout).ConfigureAwait(false);
            var version = await host.Work.QemuVersionAsync(time.Left(timeout, start)).ConfigureAwait(false);
            if (!domain.IsRunning) return new MachineOpening.NoAnswer($"libvirt's domain {domain.Name} does not run");
            Process = LibvirtPaths.ProcessOf(place, domain);
            lock (_gate) _domain = domain;
            return new MachineOpening.Ready(version);
        }
        catch (LibvirtException e)
        {
            return new MachineOpening.NoAnswer(e.Message);
        }
    }

    public async Task<Version?> VersionAsync(TimeSpan timeout) =>
        await AskAsync("the version", _ => host.Work.QemuVersionAsync(timeout)).ConfigureAwait(false);

    /// <exception cref="MonitorException">It gave no answer.</exception>
    public Task<(Version Libvirt, Version Qemu)> VersionsAsync(TimeSpan timeout) => AskAsync("the versions", async _ => (
        await host.Work.LibvirtVersionAsync(timeout).ConfigureAwait(false),
        await host.Work.QemuVersionAsync(timeout).ConfigureAwait(false)));

    public Task<string?> UuidAsync(TimeSpan timeout) => Task.FromResult<string?>(place.Uuid.ToString());

    public async Task<MachineStatus?> StatusAsync(TimeSpan timeout)
    {
        var (state, reason) = await AskAsync("its state", domain => host.Work.StateAsync(domain, timeout)).ConfigureAwait(false);
        var comesIn = DomainStates.IsOfMigration(state, reason)
            && await JobAsync(timeout).ConfigureAwait(false) is { Work: DomainJobWork.MigrationIn };
        return DomainStates.StatusOf(state, reason, comesIn);
    }

    public async Task<string?> MigrationAsync(TimeSpan timeout) =>
        await JobAsync(timeout).ConfigureAwait(false) is { Work: DomainJobWork.MigrationIn or DomainJobWork.MigrationOut }
            ? "active"
            : null;

    public async Task<bool?> HasMovedAsync(TimeSpan timeout)
    {
        var (state, reason) = await AskAsync("its state", domain => host.Work.StateAsync(domain, timeout)).ConfigureAwait(false);
        return DomainStates.HasComeIn(state, reason);
    }

    public async Task<bool?> IsAgentPortOpenAsync(TimeSpan timeout) =>
        (await XmlAsync(timeout).ConfigureAwait(false)).IsAgentPortOpen;

    public Task<bool?> CanWakeAsync(TimeSpan timeout) => Task.FromResult<bool?>(null);

    public async Task<WakeOutcome> WakeAsync(TimeSpan timeout)
    {
        if (Domain is not { } domain) return new WakeOutcome.NotSent("libvirt is not open");
        try
        {
            await host.Work.WakeAsync(domain, timeout).ConfigureAwait(false);
            return new WakeOutcome.Woken();
        }
        catch (LibvirtException e)
        {
            return e.Outcome switch
            {
                RpcOutcome.Failed => new WakeOutcome.Refused(e.Message),
                RpcOutcome.NotSent => new WakeOutcome.NotSent(e.Message),
                _ => new WakeOutcome.Unknown(e.Message),
            };
        }
    }

    public async Task<VmDisks> DisksAsync(IReadOnlyList<string> exclude, Func<int, string> image, TimeSpan timeout)
    {
        var xml = await XmlAsync(timeout).ConfigureAwait(false);
        var (cut, outside, excluded) = (new List<PlannedDisk>(), new List<OutsideDisk>(), new HashSet<string>());
        foreach (var disk in DomainDisks.Of(xml))
        {
            var names = disk.Names.Where(exclude.Contains).ToList();
            excluded.UnionWith(names);
            var reason = names.Count > 0 ? OutsideReason.Excluded : disk.Outside;
            if (reason is { } why)
            {
                outside.Add(new(disk.Target, why, disk.Place));
                continue;
            }
            var size = await AskAsync("a disk's size", domain => host.Work.DiskSizeAsync(domain, disk.Target, timeout))
                .ConfigureAwait(false);
            cut.Add(new(cut.Count, disk.Target, disk.Alias, size, image(cut.Count), disk.Place.Serial)
            {
                Place = disk.Place,
                File = disk.File,
                Format = disk.Format,
                IgnoresFlushes = disk.IgnoresFlushes,
            });
        }
        outside.AddRange(DomainDisks.Tpms(xml));
        return new(cut, outside, DomainDisks.Pci(xml), [.. exclude.Except(excluded)]);
    }

    public Task<IReadOnlyList<string>> BrokenBitmapsAsync(TimeSpan timeout) => Task.FromResult<IReadOnlyList<string>>([]);

    public void Hold(bool on) { }

    public void Close()
    {
        lock (_gate)
        {
            _domain = null;
            if (!_retained) return;
            _retained = false;
        }
        host.Happened -= Hear;
        host.Work.Lost -= Lose;
        host.Release();
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return default;
    }

    /// <summary>What is asked of the open domain.</summary>
    /// <exception cref="MonitorException">It gave no answer.</exception>
    public async Task<T> AskAsync<T>(string what, Func<RpcDomain, Task<T>> ask)
    {
        if (Domain is not { } domain) throw Silent(what, "its link is not open");
        try
        {
            return await ask(domain).ConfigureAwait(false);
        }
        catch (LibvirtException e)
        {
            throw Silent(what, e.Message);
        }
    }

    /// <summary>What libvirt is told to do: its refusal is an answer.</summary>
    /// <exception cref="CutException">It refused.</exception>
    /// <exception cref="MonitorException">Nobody knows whether it was done.</exception>
    public async Task TellAsync(string what, Func<RpcDomain, Task> tell)
    {
        if (Domain is not { } domain) throw Silent(what, "its link is not open");
        try
        {
            await tell(domain).ConfigureAwait(false);
        }
        catch (LibvirtException e) when (e.Outcome is RpcOutcome.Failed)
        {
            throw new CutException($"libvirt refused {what}: {e.Message}", "See the log of libvirt's daemon.");
        }
        catch (LibvirtException e)
        {
            throw Silent(what, e.Message);
        }
    }

    public Task<DomainXml> XmlAsync(TimeSpan timeout) =>
        AskAsync("its description", domain => host.Work.XmlAsync(domain, timeout));

    public async Task<DomainJob?> JobAsync(TimeSpan timeout)
    {
        var job = await AskAsync("its job", domain => host.Work.JobAsync(domain, timeout)).ConfigureAwait(false);
        if (job is { Work: DomainJobWork.UnbegunBackup }) MayLeaveUnbegun = true;
        return job;
    }

    private static MonitorException Silent(string what, string reason) => new(what, reason)
    {
        Other = ("libvirt", "See whether libvirt's daemon runs and answers (virsh list); it may be restarted while guests run."),
    };

    private void Retain()
    {
        lock (_gate)
        {
            if (_retained) return;
            _retained = true;
        }
        host.Retain();
        host.Happened += Hear;
        host.Work.Lost += Lose;
    }

    private void Hear(DomainEvent happened)
    {
        if (happened.Domain != place.Uuid || DomainStates.ChangeOf(happened) is not { } change) return;
        Happened?.Invoke(change);
        if (DomainStates.HasEnded(happened)) Lose("the domain has ended");
    }

    private void Lose(string reason)
    {
        RpcDomain domain;
        lock (_gate)
        {
            if (_domain is null) return;
            (domain, _domain) = (_domain, null);
        }
        if (MayLeaveUnbegun)
        {
            // Before anything connects again, since that may start the next daemon.
            MayLeaveUnbegun = false;
            UnbegunBackup.Forget(place, domain);
        }
        Lost?.Invoke(reason);
    }
}

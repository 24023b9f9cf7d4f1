using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Hosts.Kinds;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Hosts.Kinds.Libvirt;

/// <summary>A host with simulated VMs as domains of a daemon.</summary>
internal sealed class LibvirtLab : IAsyncDisposable
{
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();
    private readonly SimulatedFleet _fleet;

    public LibvirtLab(int vms = 1)
    {
        _fleet = new(_directory["vms"], vms);
        Daemon = new(_directory["run/libvirt"]);
        Domains = [.. _fleet.Vms.Select(vm => Daemon.Add(new FakeDomain(vm, _directory.Path)))];
        Options = new(_directory.Path);
    }

    public string Root => _directory.Path;

    public FakeLibvirtd Daemon { get; }

    public SimulatedVm Vm => _fleet.Vms[0];

    public IReadOnlyList<FakeDomain> Domains { get; }

    public static IHostKind Kind => HostKinds.Find("libvirt")!;

    public GivenOptions Options { get; }

    public FakeDomain Add(string name) => Daemon.Add(new FakeDomain(_fleet.Add(), Root, name));

    public async Task<FoundVm> FindAsync()
    {
        var source = Kind.Read(Options);
        await source.ReadyAsync();
        return source.Look().Vms[0];
    }

    public async Task<IAgent> AgentAsync() => Kind.Agent((await FindAsync()).Address, TimeProvider.System, new Random(1));

    public async Task<IAgent> OpenAgentAsync()
    {
        var agent = await AgentAsync();
        Assert.IsType<OpenOutcome.Ready>(await agent.OpenAsync(Long));
        return agent;
    }

    public async Task<IMachine> OpenMachineAsync()
    {
        var machine = Kind.Machine((await FindAsync()).Address, TimeProvider.System)!;
        Assert.IsType<MachineOpening.Ready>(await machine.OpenAsync(Long));
        return machine;
    }

    public async ValueTask DisposeAsync()
    {
        await Daemon.DisposeAsync();
        await _fleet.DisposeAsync();
        _directory.Dispose();
    }
}

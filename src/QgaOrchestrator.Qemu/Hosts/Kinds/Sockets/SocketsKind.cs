using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Sockets;

/// <summary>Kind sockets: VMs are found by the paths of the unix sockets that their QEMU listens on.</summary>
internal sealed class SocketsKind : IHostKind
{
    private const string Hold = "Hold", AgentPattern = "Agent", MonitorPattern = "Monitor";

    public string Name => "sockets";

    public IReadOnlyList<ICutMethod> CutMethods => Cut.Methods.CutMethods.All;

    public IVmSource Default(string root) => new SocketSource(
        this, SocketHold.Exclusive, "/run/vms/{vm}/qga.sock", "/run/vms/{vm}/qmp.sock", new ProxmoxHost(root));

    public IVmSource Read(ISourceOptions options)
    {
        var proxmox = new ProxmoxHost(options.Root);
        var hold = ReadHold(options);
        var agent = ReadPattern(options, AgentPattern);
        if (agent is null) options.Fail(AgentPattern, "missing: the path of the agents' sockets, with {vm} in it");
        var monitor = ReadPattern(options, MonitorPattern);
        if (proxmox.Objection(hold, agent, monitor) is { } objection)
            options.Fail(Hold, $"{objection.Reason}. Use \"Hold\": \"per-command\"");
        return new SocketSource(this, hold, agent ?? "", monitor, proxmox);
    }

    public IReadOnlyList<string> PlaceMembers => PlacedSockets.Members;

    public IEnumerable<string> PlaceFaults(IReadOnlyDictionary<string, string> place) => PlacedSockets.Faults(place);

    public FoundVm? Place(PlacedVm placed, IReadOnlyList<IVmSource> sources, string root)
    {
        if (PlacedSockets.Of(placed.Place) is not var (agent, monitor)) return null;
        var hold = SocketSource.HoldOf(sources.OfType<SocketSource>(), agent, monitor);
        return new FoundSockets(placed.Name, agent, monitor, hold)
        {
            HasAgent = File.Exists(agent),
            HasMonitor = File.Exists(monitor),
        }.ToPlaced(this, new ProxmoxHost(root));
    }

    public bool Reaches(VmAddress address) => address is VmAddress.Sockets;

    public IAgent Agent(VmAddress address, TimeProvider time, Random random)
    {
        var sockets = Of(address);
        return new SocketAgent(sockets.Agent, sockets.Hold, time, random);
    }

    public IMachine? Machine(VmAddress address, TimeProvider time) => Of(address) switch
    {
        { Monitor: null } => null,
        { Monitor: var path, IsShared: true } sockets =>
            new QmpMachine(new PerCommandMonitor(new SocketMonitor(path, time, sockets.Hold)), sockets.Agent),
        { Monitor: var path } sockets => new QmpMachine(new SocketMonitor(path, time), sockets.Agent),
    };

    public Task<string?> FindHolderAsync(VmAddress address) => SocketHolder.FindAsync(Of(address).Agent);

    public IHostAdvice Advice { get; } = new SocketsAdvice();

    public IMachineKeeper Keeper { get; } = new SocketsKeeper();

    public Task<DetectedVms?> DetectAsync(HostSight host) => Task.FromResult(SocketsDetection.Detect(Name, host));

    private static VmAddress.Sockets Of(VmAddress address) =>
        address as VmAddress.Sockets ?? throw new ArgumentException($"{address} is no address of sockets", nameof(address));

    private static SocketHold ReadHold(ISourceOptions options)
    {
        switch (options.Text(Hold))
        {
            case null or "exclusive":
                return SocketHold.Exclusive;
            case "per-command":
                return SocketHold.PerCommand;
            case var text:
                options.Fail(Hold, $"\"{text}\" is not exclusive or per-command");
                return SocketHold.Exclusive;
        }
    }

    private static string? ReadPattern(ISourceOptions options, string name)
    {
        if (options.Text(name) is not { } text) return null;
        if (text.Split(SocketPattern.Placeholder).Length != 2)
            options.Fail(name, "a path with {vm} in it, once, is expected");
        return options.FullPath(text);
    }
}

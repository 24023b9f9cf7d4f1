using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Keeping;
using QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox.Locks;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Hosts.Kinds.Proxmox;

/// <summary>
/// Kind proxmox: the VMs of a Proxmox VE host. Its tools speak to agent and monitor through the same sockets, so each is held
/// for one command only, and both from a window's reservation to its settlement. While a VM is backed up its config says
/// <c>lock: backup</c>, as for vzdump, so nobody else is at its disks.
/// </summary>
internal sealed class ProxmoxKind : IHostKind
{
    private const string Config = "Config", Sockets = "Sockets", Lock = "Lock";

    public string Name => "proxmox";

    public IReadOnlyList<ICutMethod> CutMethods { get; } =
        [.. Cut.Methods.CutMethods.All.Select(method => new LockedMethod(method))];

    public IVmSource? Default(string root) => null;

    public IVmSource Read(ISourceOptions options) => new ProxmoxSource(this, new(
        options.FullPath(options.Text(Config) ?? Path.Combine(options.Root, "etc/pve")),
        options.FullPath(options.Text(Sockets) ?? Path.Combine(options.Root, "run/qemu-server")),
        ReadLock(options),
        options.Root));

    public IReadOnlyList<string> PlaceMembers => [];

    public IEnumerable<string> PlaceFaults(IReadOnlyDictionary<string, string> place) => [];

    public FoundVm? Place(PlacedVm placed, IReadOnlyList<IVmSource> sources, string root) => null;

    public bool Reaches(VmAddress address) => address is VmAddress.Sockets { IsShared: true };

    public IAgent Agent(VmAddress address, TimeProvider time, Random random) =>
        new SocketAgent(Of(address).Agent, SocketHold.PerCommand, time, random);

    public IMachine? Machine(VmAddress address, TimeProvider time) => Of(address) is { Monitor: { } monitor } vm
        ? new QmpMachine(new PerCommandMonitor(new SocketMonitor(monitor, time, SocketHold.PerCommand)), vm.Agent)
        : null;

    public Task<string?> FindHolderAsync(VmAddress address) => SocketHolder.FindAsync(Of(address).Agent);

    public IHostAdvice Advice { get; } = new ProxmoxAdvice();

    public IMachineKeeper Keeper { get; } = new ProxmoxKeeper();

    public Task<DetectedVms?> DetectAsync(HostSight host) => Task.FromResult(ProxmoxDetection.Detect(this, host));

    /// <summary>An address that was read from the ledger holds the sockets alone.</summary>
    private static VmAddress.Sockets Of(VmAddress address) => address as VmAddress.Sockets
        ?? throw new ArgumentException($"{address} is no address of shared sockets", nameof(address));

    private static bool ReadLock(ISourceOptions options)
    {
        if (options.Text(Lock) is not { } text) return true;
        if (bool.TryParse(text, out var takesLock)) return takesLock;
        options.Fail(Lock, $"\"{text}\" is not true or false");
        return true;
    }
}

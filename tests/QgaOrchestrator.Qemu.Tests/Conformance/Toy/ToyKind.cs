using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Cut;
using QgaOrchestrator.Qemu.Descriptions;
using QgaOrchestrator.Qemu.Hosts;
using QgaOrchestrator.Qemu.Machines;
using QgaOrchestrator.Qemu.Monitor;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Qemu.Tests.Conformance.Toy;

/// <summary>The smallest kind of host: each VM is a directory, and nothing but its path is known outside of here.</summary>
internal sealed class ToyKind : IHostKind
{
    public string Name => "toy";

    public IReadOnlyList<ICutMethod> CutMethods { get; } = [new ToyMethod()];

    public IVmSource Read(ISourceOptions options)
    {
        if (options.Text("Directory") is not { } directory)
        {
            options.Fail("Directory", "missing: where the VMs are");
            directory = "/";
        }
        return new Source(this, options.FullPath(directory));
    }

    public IVmSource? Default(string root) => null;

    public IReadOnlyList<string> PlaceMembers => [];

    public IEnumerable<string> PlaceFaults(IReadOnlyDictionary<string, string> place) => [];

    public FoundVm? Place(PlacedVm placed, IReadOnlyList<IVmSource> sources, string root) => null;

    public bool Reaches(VmAddress address) => address is VmAddress.Through { Kind: "toy" };

    public IAgent Agent(VmAddress address, TimeProvider time, Random random) =>
        new SocketAgent(Path.Combine(Of(address), "qga.sock"), SocketHold.Exclusive, time, random);

    public IMachine Machine(VmAddress address, TimeProvider time) =>
        new QmpMachine(new SocketMonitor(Path.Combine(Of(address), "qmp.sock"), time));

    public Task<string?> FindHolderAsync(VmAddress address) => Task.FromResult<string?>(null);

    public IHostAdvice Advice { get; } = new ToyAdvice();

    public IMachineKeeper Keeper { get; } = new ToyKeeper();

    public Task<DetectedVms?> DetectAsync(HostSight host) => Task.FromResult<DetectedVms?>(null);

    private static string Of(VmAddress address) => ((VmAddress.Through)address).Locator;

    private sealed class ToyAdvice : IHostAdvice
    {
        public VmObstacle NoMachine { get; } = new("the VM has no machine", "Give it one");

        public string MachineRemedy => "Check that QEMU runs";

        public VmObstacle AgentHeld(VmAddress address, string? holder) => new("others have the agent", $"See who has {address}");
    }

    private sealed record Source(IHostKind Kind, string Path) : IVmSource
    {
        public SourceLook Look(SourceLook? before) => new(
            [
                .. Directory.GetDirectories(Path).Select(vm => new FoundVm(
                    System.IO.Path.GetFileName(vm), Kind, new VmAddress.Through(Kind.Name, vm), vm, vm)),
            ],
            []);
    }
}

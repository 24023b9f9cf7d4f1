using QgaOrchestrator.Qemu.Agent.Sockets;
using QgaOrchestrator.Qemu.Wire;
using QgaOrchestrator.Simulator;

namespace QgaOrchestrator.Qemu.Tests.Agent;

/// <summary>One simulated VM in a directory of its own.</summary>
internal sealed class OneGuest : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("qga").FullName;
    private readonly SimulatedFleet _fleet;

    public OneGuest()
    {
        _fleet = new SimulatedFleet(_directory, 1);
        Vm = _fleet.Vms[0];
    }

    public SimulatedVm Vm { get; }

    public string Socket => Path.Combine(_directory, Vm.Name, "qga.sock");

    /// <summary>The agent's side: time-outs pass when a test says so.</summary>
    public ManualTime Time { get; } = new();

    public SocketAgent Connect(SocketHold hold = SocketHold.Exclusive) => new(Socket, hold, Time, new Random(1));

    public async ValueTask DisposeAsync()
    {
        await _fleet.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}

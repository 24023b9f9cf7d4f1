namespace QgaOrchestrator.Simulator.Tests;

/// <summary>A fleet in a directory of its own, short enough for a unix socket's path.</summary>
public abstract class Fleet : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sim").FullName;

    protected virtual TimeProvider Time => TimeProvider.System;

    protected SimulatedFleet Vms { get; private set; } = null!;

    protected SimulatedVm Vm => Vms["vm001"];

    public Task InitializeAsync()
    {
        Vms = new SimulatedFleet(_directory, 1, new FleetOptions { Time = Time });
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Vms.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    protected string PathOf(string file) => Path.Combine(_directory, file);
}

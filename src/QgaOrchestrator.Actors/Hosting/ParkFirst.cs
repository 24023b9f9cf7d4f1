using Microsoft.Extensions.Hosting;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>
/// The first thing of a stop, before HTTP waits for its callers and before any actor ends: no new windows, open ones thawed.
/// </summary>
internal sealed class ParkFirst(INodeActors actors) : IHostedLifecycleService
{
    public Task StoppingAsync(CancellationToken cancellationToken) => actors.ParkAsync();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

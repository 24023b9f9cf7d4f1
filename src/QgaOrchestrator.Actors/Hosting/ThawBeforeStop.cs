using Microsoft.Extensions.Hosting;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>
/// The first thing that a stop does, before HTTP waits for its callers and before any actor ends: no window opens any more,
/// and open ones are thawed.
/// </summary>
internal sealed class ThawBeforeStop(INodeActors actors) : IHostedLifecycleService
{
    public Task StoppingAsync(CancellationToken cancellationToken) => actors.CloseWindowsAsync();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

using Microsoft.Extensions.Hosting;
using QgaOrchestrator.Actors.Stores;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>What a store does in the background.</summary>
internal sealed class StoreUpkeep(NodeStores stores) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => stores.Upkeep(stoppingToken);
}

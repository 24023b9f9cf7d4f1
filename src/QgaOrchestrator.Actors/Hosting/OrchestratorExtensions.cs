using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Actors.Persistence;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Actors.Views;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>The actor system and what it stands on. Starts every <see cref="INodeActors"/> among the services.</summary>
public static class OrchestratorExtensions
{
    /// <summary>What the host must grant: the sum of the coordinated shutdown's phases, with room for slow thaws.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(90);

    public static IServiceCollection AddQgaOrchestrator(this IServiceCollection services, QgadOptions options)
    {
        StoreExtensions.RequireKnown(options.Store.Provider);
        ReserveThreads();
        services.AddSingleton(options);
        services.AddSingleton<SqliteViews>(_ => new(new(Path.Combine(options.Node.DataDirectory, "views.db"))));
        services.AddSingleton<NodeState>();
        services.AddSingleton<NodeReadiness>();
        return services.AddAkka(ClusterExtensions.SystemName, (akka, provider) => akka
            .AddLogging(provider.GetRequiredService<ILoggerFactory>())
            .AddStore(options.Store.Provider, options.Node.DataDirectory)
            .AddSerialization()
            .AddCluster(options.Node.Host, options.Cluster)
            .AddShutdown(provider)
            .WithActors((system, registry) => StartAsync(system, registry, options, provider)));
    }

    private static async Task StartAsync(ActorSystem system, IActorRegistry registry, QgadOptions options, IServiceProvider provider)
    {
        // The cluster forms while the views open: neither needs the other.
        provider.GetRequiredService<NodeState>().Join(system, options.Cluster);
        await provider.GetRequiredService<SqliteViews>().OpenAsync(() => Task.CompletedTask);
        foreach (var actors in provider.GetServices<INodeActors>()) await actors.StartAsync(system, registry);
    }

    private static AkkaConfigurationBuilder AddLogging(this AkkaConfigurationBuilder akka, ILoggerFactory loggers) =>
        akka.ConfigureLoggers(log =>
        {
            log.ClearLoggers();
            log.AddLoggerFactory(loggers);
            log.LogLevel = Akka.Event.LogLevel.InfoLevel;
        });

    // Parking comes first: new work is refused and guests are thawed while every actor still lives.
    private static AkkaConfigurationBuilder AddShutdown(this AkkaConfigurationBuilder akka, IServiceProvider provider) =>
        akka
            .AddHocon("akka.coordinated-shutdown.phases.before-service-unbind.timeout = 30s", HoconAddMode.Prepend)
            .AddStartup((system, _) => CoordinatedShutdown.Get(system).AddTask(
                CoordinatedShutdown.PhaseBeforeServiceUnbind,
                "park",
                async () =>
                {
                    await Task.WhenAll(provider.GetServices<INodeActors>().Select(actors => actors.ParkAsync()));
                    return Akka.Done.Instance;
                }));

    private static void ReserveThreads()
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + StoreExtensions.BlockingCalls), ports);
    }
}

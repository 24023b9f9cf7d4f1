using System.Globalization;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Fleet;
using QgaOrchestrator.Actors.Hosts;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Actors.Metrics;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Actors.Passwords;
using QgaOrchestrator.Actors.Points;
using QgaOrchestrator.Actors.Retention;
using QgaOrchestrator.Actors.Runs;
using QgaOrchestrator.Actors.Serialization;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Actors.Views;
using QgaOrchestrator.Core.Membership;
using QgaOrchestrator.Qemu.Ledger;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>The actor system and what it stands on. Needs a <see cref="TimeProvider"/> and logging among the services.</summary>
public static class OrchestratorExtensions
{
    /// <summary>What the host must grant: the sum of the coordinated shutdown's phases, with room for slow thaws.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(90);

    public static IServiceCollection AddQgaOrchestrator(this IServiceCollection services, QgadOptions options)
    {
        ReserveThreads();
        services.AddSingleton(options);
        services.AddStores(options);
        services.AddSingleton(_ => new SecretSpool(Path.Combine(options.Node.DataDirectory, "secrets")));
        services.AddSingleton<NodeMetrics>();
        services.AddSingleton<AuditKeeper>();
        services.AddSingleton<RowKeeper>();
        services.AddSingleton<StoreOpening>();
        services.AddSingleton(RunKinds.Known);
        services.AddSingleton<StartedVms>();
        services.AddSingleton(new HostDrain(Path.Combine(options.Node.DataDirectory, HostDrain.FileName)));
        services.AddSingleton<SetByHand>();
        services.AddSingleton<NodeActors>();
        services.AddSingleton<INodeActors>(provider => provider.GetRequiredService<NodeActors>());
        services.AddSingleton<IOrchestrator, Orchestrator>();
        services.AddSingleton(provider => new PointRemoval(
            provider.GetRequiredService<IViews>(), provider.GetRequiredService<IOrchestrator>(),
            Path.Combine(options.Node.DataDirectory, "deletions"), provider.GetRequiredService<ILogger<PointRemoval>>()));
        services.AddSingleton<NodeState>();
        services.AddSingleton(provider => new CertificateEnds(provider.GetService<PeerTrust>()));
        services.AddSingleton<NodeReadiness>();
        services.AddSingleton<PointReading>();
        services.AddSingleton<NodeEnd>();
        services.AddHostedService<ThawBeforeStop>();
        services.AddFormation(options);
        services.AddHostedService<StoreUpkeep>();
        services.AddRetention(options);
        foreach (var kind in RunKinds.Known.All) kind.AddServices(services);
        return services.AddAkka(ClusterExtensions.SystemName, (akka, provider) => akka
            .AddLogging(
                provider.GetRequiredService<ILoggerFactory>(), options.Node.LogLevel, provider.GetService<RefusalLog>())
            .AddJournal(provider.GetRequiredService<IJournal>())
            .AddSerialization()
            .AddCluster(options.Node.Host, options.Cluster, provider.GetService<PeerTrust>())
            .AddShutdown(provider)
            .WithActors((system, registry) => StartAsync(system, registry, options, provider)));
    }

    /// <summary>A node with seeds asks others: needs <see cref="IPeers"/> among the services.</summary>
    private static void AddFormation(this IServiceCollection services, QgadOptions options)
    {
        var cluster = options.Cluster;
        if (cluster.Seeds.Count == 0) return;
        services.AddSingleton<RefusalLog>();
        if (cluster is { Tls: true, Certificates: { } folder })
            services.AddSingleton(provider => new PeerTrust(
                folder, NodeCertificates.Load(folder), cluster.Peers, provider.GetRequiredService<RefusalLog>(),
                provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ClusterFormation(
            new(
                options.Node.Host, string.Create(CultureInfo.InvariantCulture, $"{cluster.Hostname}:{cluster.Port}"),
                NodeVersion.Text, FormationRules.ClusterVersion, Guid.NewGuid().ToString("N"), cluster.Seeds, [], null)
            {
                IsFresh = FormationLoop.IsFresh(options.Node.DataDirectory),
            },
            provider.GetRequiredService<TimeProvider>()));
        services.AddHostedService<FormationLoop>();
    }

    private static void AddRetention(this IServiceCollection services, QgadOptions options)
    {
        services.AddSingleton(provider => new StoreTrim(
            options.Node.Host,
            options.Store.Keep,
            provider.GetRequiredService<IViews>(),
            provider.GetRequiredService<IJournal>(),
            provider.GetRequiredService<IAuditLog>(),
            provider.GetRequiredService<IEscrow>(),
            FreezeLedger.At(options.Freeze.Ledger),
            options.Cuts(provider.GetRequiredService<TimeProvider>()),
            provider.GetRequiredService<RunKinds>(),
            provider.GetRequiredService<TimeProvider>()
        ));
        services.AddHostedService<RetentionService>();
    }

    private static async Task StartAsync(
        ActorSystem system, IActorRegistry registry, QgadOptions options, IServiceProvider provider)
    {
        // The cluster forms while the views open: neither needs the other.
        provider.GetRequiredService<NodeState>().Join(system, options.Cluster);
        await provider.GetRequiredService<StoreOpening>().OpenAsync(system);
        await provider.GetRequiredService<INodeActors>().StartAsync(system, registry);
        provider.GetRequiredService<NodeState>().Started();
        // Nothing waits for it: a target may be slow, or not there.
        _ = provider.GetRequiredService<PointRemoval>().ResumeAsync();
    }

    private static AkkaConfigurationBuilder AddLogging(
        this AkkaConfigurationBuilder akka, ILoggerFactory loggers, LogLevel least, RefusalLog? refusals) =>
        akka
            .AddSetup(new AkkaLogSetup(loggers, refusals))
            .ConfigureLoggers(log =>
            {
                log.ClearLoggers();
                log.AddLogger<AkkaLog>();
                log.LogLevel = AkkaLog.LevelOf(least);
            })
            .AddHocon("""
                akka {
                  log-dead-letters = 10
                  log-dead-letters-during-shutdown = off
                }
                """, HoconAddMode.Prepend);

    // Windows are closed first: new work is refused and guests are thawed while every actor still lives. A stop of the host has
    // done it before; this is for a member that is downed or told to leave. The host alone ends the process.
    private static AkkaConfigurationBuilder AddShutdown(this AkkaConfigurationBuilder akka, IServiceProvider provider) =>
        akka
            .AddHocon("""
                akka.coordinated-shutdown {
                  run-by-clr-shutdown-hook = off
                  phases.before-service-unbind {
                    timeout = 40d
                    recover = off
                  }
                }
                """, HoconAddMode.Prepend)
            .AddStartup((system, _) => CoordinatedShutdown.Get(system).AddTask(
                CoordinatedShutdown.PhaseBeforeServiceUnbind,
                "park",
                () => ParkAsync(CoordinatedShutdown.Get(system).ShutdownReason, provider)));

    /// <summary>
    /// A handshake that this node begins fails when the other node ends just then, and Akka would end this one, too (TcpTransport
    /// of Akka.Remote 1.5.55 to 1.5.74): one node's end would take the whole cluster along. Such a shutdown waits in its first
    /// phase until the host stops, and the node goes on.
    /// </summary>
    private static async Task<Akka.Done> ParkAsync(CoordinatedShutdown.Reason? reason, IServiceProvider provider)
    {
        if (reason?.GetType().FullName == "Akka.Remote.Transport.DotNetty.TlsHandshakeFailureReason")
        {
            var stops = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            provider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stops.SetResult);
            await stops.Task;
        }
        try
        {
            await provider.GetRequiredService<INodeActors>().CloseWindowsAsync();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The next phases follow all the same. The watchdog thaws what is left, as soon as the process is gone.
        }
        return Akka.Done.Instance;
    }

    private static void ReserveThreads()
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + StoreRegistration.BlockingCalls), ports);
    }
}

using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace QgaOrchestrator.Actors.Tests;

/// <summary>An actor system composed as the node composes it, without a web host around it.</summary>
public sealed class TestSystem : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly IHostedService[] _hosted;

    private TestSystem(ServiceProvider services) =>
        (_services, _hosted) = (services, [.. services.GetServices<IHostedService>()]);

    public ActorSystem System => _services.GetRequiredService<ActorSystem>();

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    public static Task<TestSystem> StartAsync(Action<AkkaConfigurationBuilder> akka) =>
        StartServicesAsync(services => services.AddAkka("qga", (builder, _) => akka(builder)));

    public static async Task<TestSystem> StartServicesAsync(Action<IServiceCollection> add)
    {
        var services = new ServiceCollection();
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddSingleton<IHostApplicationLifetime, NoLifetime>();
        add(services);
        var system = new TestSystem(services.BuildServiceProvider());
        foreach (var hosted in system._hosted) await hosted.StartAsync(CancellationToken.None);
        return system;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var hosted in _hosted.Reverse()) await hosted.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
    }

    private sealed class NoLifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => default;
        public CancellationToken ApplicationStopping => default;
        public CancellationToken ApplicationStopped => default;
        public void StopApplication() { }
    }
}

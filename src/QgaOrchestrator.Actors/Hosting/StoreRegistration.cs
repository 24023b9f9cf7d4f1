using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Passwords;

namespace QgaOrchestrator.Actors.Hosting;

/// <summary>The node's stores, each as a service of its own.</summary>
public static class StoreRegistration
{
    /// <summary>
    /// How many calls of the stores can be under way at once: one writer, the snapshot store, a few recoveries and reads.
    /// Each may block a thread of the pool, so the pool's minimum is above this sum, and a store that hangs starves neither
    /// timers nor sockets.
    /// </summary>
    public const int BlockingCalls = 16;

    /// <exception cref="StoreException">This version has no such provider.</exception>
    public static IServiceCollection AddStores(this IServiceCollection services, QgadOptions options)
    {
        var provider = StoreProviders.Find(options.Store.Provider);
        return services
            .AddSingleton(all => provider.Create(
                options.Store.Own, options.Node.DataDirectory, all.GetRequiredService<TimeProvider>()))
            .AddSingleton(all => all.GetRequiredService<NodeStores>().Journal)
            .AddSingleton(all => all.GetRequiredService<NodeStores>().Views)
            .AddSingleton(all => all.GetRequiredService<NodeStores>().Keys)
            .AddSingleton(all => all.GetRequiredService<NodeStores>().Audit)
            .AddSingleton(all => all.GetRequiredService<NodeStores>().Results)
            .AddSingleton(all => all.GetRequiredService<NodeStores>().Tokens)
            .AddSingleton(all => all.GetRequiredService<NodeStores>().Escrow)
            .AddSingleton(all => all.GetRequiredService<NodeStores>().Recipients)
            .AddSingleton(all => new PasswordServices(
                all.GetRequiredService<IEscrow>(), all.GetRequiredService<IRecipients>(), new(() => CryptLibrary.Load())));
    }

    public static AkkaConfigurationBuilder AddJournal(this AkkaConfigurationBuilder akka, IJournal journal)
    {
        journal.Configure(akka);
        return akka;
    }
}

using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Data;
using QgaOrchestrator.Node.Http;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Limits;
using QgaOrchestrator.Node.Http.Passwords;
using QgaOrchestrator.Node.Http.Requests;
using QgaOrchestrator.Node.Logging;

namespace QgaOrchestrator.Node;

/// <summary>The node's composition: actors behind, HTTP in front.</summary>
public static class NodeHost
{
    /// <param name="more">Services that replace the node's; later ones win.</param>
    /// <exception cref="StoreException">A store cannot be used.</exception>
    public static async Task<WebApplication> BuildAsync(QgadOptions options, DataDirectory data, Action<IServiceCollection> more)
    {
        // Empty: nothing but what is added here, so no variable of ASP.NET's own changes where the node listens.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.AddLineLogging(options.Node.LogLevel);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, options.Node.Api));
        builder.Services
            .Configure<HostOptions>(host =>
            {
                host.ShutdownTimeout = OrchestratorExtensions.ShutdownTimeout;
                // HTTP and actors start side by side; the start gate answers until the actors run.
                host.ServicesStartConcurrently = true;
            })
            .AddSingleton(TimeProvider.System)
            .AddSingleton<IMemoryPoolFactory<byte>, ErasingMemoryPoolFactory>()
            .AddSingleton(AdminToken.ReadOrCreate(data.TokenFile))
            .AddSingleton<TokenStore>()
            .AddSingleton(new ApiAddressFile(options.Freeze.Ledger))
            .AddSingleton<ConnectionBook>()
            .AddSingleton<TokenBudgets>()
            .AddSingleton<AccountLookup>()
            .AddSingleton(services => new SlowReaders(SlowReaders.Patience, services.GetRequiredService<TimeProvider>()))
            .AddSingleton(AuditTrail.Refusals)
            .AddRoutingCore()
            .ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolver = ApiJson.Default)
            .AddQgaOrchestrator(options)
            .AddHostedService<TokenRefresh>()
            .AddHostedService<DescriptorWatch>()
            .AddHostedService<MemoryAtRest>();
        more(builder.Services);

        var app = builder.Build();
        await app.Services.GetRequiredService<TokenStore>().LoadAsync();
        app.UseConnectionBook();
        app.UseRunLog();
        app.UseAuditOutcomes();
        app.UseProblems();
        app.UseBearerToken();
        app.UseRequestLimits();
        app.UseRoles();
        app.UseBodyLimits();
        app.UseStrictInput();
        app.UseAuditIntents();
        app.UseStartGate();
        app.MapHealth();
        app.MapVms();
        app.MapHosts();
        app.MapAgentCalls();
        app.MapFiles();
        app.MapProcesses();
        app.MapRuns();
        app.MapRunEvents();
        app.MapResults();
        app.MapPoints();
        app.MapPasswords();
        app.MapTokens();
        app.MapAudit();
        app.AnnounceAddress(data.TokenFile);
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, Uri api)
    {
        kestrel.AddServerHeader = false;
        kestrel.SetLimits();
        if (api.Host == "localhost") kestrel.ListenLocalhost(api.Port, ConnectionLimits.Count);
        else kestrel.Listen(IPAddress.Parse(api.DnsSafeHost), api.Port, ConnectionLimits.Count);
    }
}

using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Certificates;
using QgaOrchestrator.Node.Data;
using QgaOrchestrator.Node.Http;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Forwarding;
using QgaOrchestrator.Node.Http.Limits;
using QgaOrchestrator.Node.Http.Passwords;
using QgaOrchestrator.Node.Http.Requests;
using QgaOrchestrator.Node.Logging;
using QgaOrchestrator.Node.Peers;

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
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            Listen(kestrel, options.Node.Api);
            kestrel.ListenForPeers(options.Cluster);
        });
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
            .AddSingleton<IPeers, PeerClient>()
            .AddForwarding(options)
            .AddSingleton(services => new RecipientsElsewhere(
                services.GetRequiredService<IOrchestrator>(), options, services.GetService<Forwarder>()))
            .AddRoutingCore()
            .ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolver = ApiJson.Default)
            .AddQgaOrchestrator(options)
            .AddApiCertificate(options.Node.Certificate)
            .AddNodeMetrics()
            .AddHostedService<TokenRefresh>()
            .AddHostedService<DescriptorWatch>()
            .AddHostedService<MemoryAtRest>();
        more(builder.Services);

        var app = builder.Build();
        await app.Services.GetRequiredService<TokenStore>().LoadAsync();
        app.UsePeers();
        app.UseConnectionBook();
        app.UseRunLog();
        app.UseAuditOutcomes();
        app.UseProblems();
        app.UseBearerToken();
        app.UseRequestLimits();
        app.UseRoles();
        app.UseBodyLimits();
        app.UseForwarding();
        app.UseStrictInput();
        app.UseAuditIntents();
        app.UseStartGate();
        app.MapPeers();
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
        app.MapPointFiles();
        app.MapPasswords();
        app.MapTokens();
        app.MapAudit();
        app.MapMetrics();
        app.AnnounceAddress(data.TokenFile);
        return app;
    }

    private static IServiceCollection AddApiCertificate(this IServiceCollection services, string? folder) => folder is null
        ? services
        : services.AddSingleton(all => Announced(
            new ApiCertificate(folder, all.GetRequiredService<ILogger<ApiCertificate>>()), all));

    /// <summary>Its end is told, as that of the node's own.</summary>
    private static ApiCertificate Announced(ApiCertificate certificate, IServiceProvider all)
    {
        all.GetRequiredService<CertificateEnds>().Add(
            "apiCertificate", "the API's certificate", () => certificate.Context.TargetCertificate.NotAfter,
            "Put a new one in its place: it is read again");
        return certificate;
    }

    private static void Listen(KestrelServerOptions kestrel, Uri api)
    {
        kestrel.AddServerHeader = false;
        kestrel.SetLimits();
        if (api.Host == "localhost") kestrel.ListenLocalhost(api.Port, Serve);
        else kestrel.Listen(IPAddress.Parse(api.DnsSafeHost), api.Port, Serve);
    }

    private static void Serve(ListenOptions listen)
    {
        listen.Count();
        if (listen.ApplicationServices.GetService<ApiCertificate>() is { } certificate)
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(
                    new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Context }),
            });
    }
}

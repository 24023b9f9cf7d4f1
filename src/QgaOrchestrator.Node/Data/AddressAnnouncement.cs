using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace QgaOrchestrator.Node.Data;

/// <summary>Tells tools on this host where the node listens, while it listens.</summary>
public static partial class AddressAnnouncement
{
    public static void AnnounceAddress(this WebApplication app, string tokenFile)
    {
        var file = app.Services.GetRequiredService<ApiAddressFile>();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("qgad");
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            // With port 0 the address is known only once it is bound.
            var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            file.Write(new Uri(bound), tokenFile);
            LogListening(log, bound);
        });
        app.Lifetime.ApplicationStopping.Register(file.Remove);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening on {Address}")]
    private static partial void LogListening(ILogger log, string address);
}

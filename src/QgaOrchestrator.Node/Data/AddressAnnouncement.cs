using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace QgaOrchestrator.Node.Data;

/// <summary>Tells tools on this host where the node listens, for as long as it does.</summary>
public static partial class AddressAnnouncement
{
    public static void AnnounceAddress(this WebApplication app, string tokenFile)
    {
        var file = app.Services.GetRequiredService<ApiAddressFile>();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("qgad");
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            // The address that was bound: with port 0 it is known only now.
            var bound = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            file.Write(new Uri(bound), tokenFile);
            LogListening(log, bound);
        });
        app.Lifetime.ApplicationStopping.Register(file.Remove);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "listening on {Address}")]
    private static partial void LogListening(ILogger log, string address);
}

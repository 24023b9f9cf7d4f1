using System.Globalization;
using QgaOrchestrator.Actors.Membership;
using QgaOrchestrator.Core.Membership;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Peers;

/// <summary>
/// What nodes ask each other, at their own listener. A route is either for nodes or for callers. Nodes' routes are not there at
/// the callers' listener; the callers' routes are there at the nodes' for what a node sends on behalf of a caller.
/// </summary>
internal static class PeerEndpoints
{
    /// <summary>Outermost. Nodes' own requests go to their route at once: they bear no token, and have no limits.</summary>
    public static void UsePeers(this WebApplication app)
    {
        if (app.Services.GetService<ClusterFormation>() is null) return;
        var log = app.Services.GetRequiredService<RefusalLog>();
        app.Use((context, next) =>
        {
            var isForPeers = context.GetEndpoint()?.Metadata.GetMetadata<ForPeers>() is not null;
            if (context.Features.Get<PeerConnection>() is null)
            {
                if (isForPeers) context.SetEndpoint(null);
                return next(context);
            }
            if (!Fits(context, log)) return Task.CompletedTask;
            if (isForPeers) return context.GetEndpoint()!.RequestDelegate!(context);
            if (ForwardedCaller.Read(context.Request) is { } caller)
            {
                context.Features.Set(caller);
                return next(context);
            }
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }

    public static void MapPeers(this WebApplication app)
    {
        if (app.Services.GetService<ClusterFormation>() is null) return;
        app.MapGet(PeerRoutes.State, (ClusterFormation formation) =>
            TypedResults.Json(formation.Told(), PeerJson.Default.PeerState)).OnlyForPeers();
        app.MapPost(PeerRoutes.Vote, (string candidate, string incarnation, ClusterFormation formation) =>
            formation.Vote(candidate, incarnation) is { } refusal
                ? Results.Text(refusal, statusCode: StatusCodes.Status409Conflict)
                : Results.NoContent()).OnlyForPeers();
    }

    private static void OnlyForPeers(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new ForPeers()).AllowAll();

    private static bool Fits(HttpContext context, RefusalLog log)
    {
        var told = (string?)context.Request.Headers[PeerRoutes.VersionHeader];
        if (int.TryParse(told, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && FormationRules.Fits(version))
            return true;
        log.Refused(
            "version", $"{context.Connection.RemoteIpAddress}",
            $"its cluster version is {told ?? "unknown"} and this node's {PeerRoutes.OwnVersion}: upgrade one version at a time");
        context.Response.StatusCode = StatusCodes.Status409Conflict;
        return false;
    }

    private sealed class ForPeers;
}

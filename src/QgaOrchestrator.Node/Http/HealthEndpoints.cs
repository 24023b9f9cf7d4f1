using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http;

/// <summary>Whether the process lives, and whether the node can work. Both need no token: a probe has none.</summary>
public static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.Health, () => TypedResults.Json(new Health("ok"), ApiJson.Default.Health)).AllowAll();
        routes.MapGet(ApiRoutes.Ready, async (NodeReadiness readiness, CancellationToken cancel) =>
        {
            var checks = await readiness.CheckAsync(cancel);
            var whole = checks.Values.All(NodeReadiness.IsOk);
            var ready = whole || NodeReadiness.IsDegraded(checks);
            return TypedResults.Json(
                new Health(
                    whole ? "ok"
                        : ready ? "degraded"
                        : NodeReadiness.IsStarting(checks) ? "starting"
                        : "failing",
                    Checks: checks
                ),
                ApiJson.Default.Health,
                statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable
            );
        })
        .AllowAll();
    }
}

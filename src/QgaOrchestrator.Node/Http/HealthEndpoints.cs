using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Api;

namespace QgaOrchestrator.Node.Http;

/// <summary>The process lives; the node can work. Both are open: a probe has no token, and they tell little.</summary>
public static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.Health, () => TypedResults.Json(new Health("ok"), ApiJson.Default.Health)).AllowAll();
        routes.MapGet(ApiRoutes.Ready, async (NodeReadiness readiness, CancellationToken cancel) =>
        {
            var checks = await readiness.CheckAsync(cancel);
            var ready = checks.Values.All(check => check == NodeReadiness.Ok);
            return TypedResults.Json(
                new Health(
                    ready ? "ok"
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

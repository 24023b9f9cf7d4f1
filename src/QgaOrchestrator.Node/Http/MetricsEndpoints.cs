using System.Text;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Requests;
using QgaOrchestrator.Node.Metrics;

namespace QgaOrchestrator.Node.Http;

/// <summary>/metrics: of the node that is asked, as Prometheus reads it.</summary>
public static class MetricsEndpoints
{
    private const string ContentType = "text/plain; version=0.0.4";

    public static IServiceCollection AddNodeMetrics(this IServiceCollection services) =>
        services.AddSingleton<MetricsListener>().AddSingleton<NodeGauges>();

    public static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        // Made now: it counts from the node's start on.
        var gauges = routes.ServiceProvider.GetRequiredService<NodeGauges>();
        routes.MapGet(ApiRoutes.Metrics, async (CancellationToken cancel) =>
            TypedResults.Text(await gauges.WriteAsync(cancel), ContentType, Encoding.UTF8)).For(Role.Viewer);
    }
}

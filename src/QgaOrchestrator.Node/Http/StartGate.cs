using QgaOrchestrator.Actors.Hosting;
using QgaOrchestrator.Node.Http.Errors;

namespace QgaOrchestrator.Node.Http;

/// <summary>HTTP listens before the actors run: until then only health checks are answered.</summary>
public static class StartGate
{
    public static void UseStartGate(this WebApplication app)
    {
        var state = app.Services.GetRequiredService<NodeState>();
        app.Use(
            (context, next) =>
                state.IsStarted
                || context.Request.Path != default && !context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal)
            ? next(context)
            : Problems.Result(Problems.NotReady).ExecuteAsync(context));
    }
}

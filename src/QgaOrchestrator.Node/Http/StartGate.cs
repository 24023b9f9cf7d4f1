using QgaOrchestrator.Actors.Hosting;

namespace QgaOrchestrator.Node.Http;

/// <summary>HTTP listens while the actors still start: until they run, only health is answered.</summary>
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

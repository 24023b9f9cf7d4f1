using System.Globalization;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>Holds each token to its limits. A thaw has none.</summary>
public static class RequestLimits
{
    public static void UseRequestLimits(this WebApplication app)
    {
        var budgets = app.Services.GetRequiredService<TokenBudgets>();
        app.Use(async (context, next) =>
        {
            if (BearerToken.CallerOf(context) is not { } caller || RequestedCommand.IsThaw(context))
            {
                await next(context);
                return;
            }
            var entrance = budgets.Enter(caller, WeightOf(context));
            if (entrance.Place is null)
            {
                await RefuseAsync(context, Problems.TooMany(caller, entrance.Limit!), entrance.Wait);
                return;
            }
            using (entrance.Place) await next(context);
        });
    }

    /// <summary>The endpoint answers with server-sent events, until what they report ends.</summary>
    public static TBuilder Streams<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new IsStream());

    public static Task RefuseAsync(HttpContext context, Problem problem, TimeSpan wait)
    {
        context.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        return Problems.Result(problem).ExecuteAsync(context);
    }

    private static RequestWeight WeightOf(HttpContext context) =>
        BodyLimits.IsLarge(context) ? RequestWeight.LargeBody
        : context.GetEndpoint()?.Metadata.GetMetadata<IsStream>() is not null ? RequestWeight.Stream
        : RequestWeight.Usual;

    private sealed class IsStream;
}

using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Errors;

namespace QgaOrchestrator.Node.Http.Requests;

/// <summary>
/// Every request needs a token unless its endpoint is marked as open. So does a path that does not exist: the response reveals
/// nothing. <see cref="RoleGate"/> decides what the token allows.
/// </summary>
public static class BearerToken
{
    private const string Scheme = "Bearer ";

    public static void UseBearerToken(this WebApplication app)
    {
        var tokens = app.Services.GetRequiredService<TokenStore>();
        app.Use((context, next) => CallerOf(context) is not null || context.GetEndpoint() is { } endpoint && IsOpen(endpoint)
            ? next(context)
            : (Secret(context.Request) is { } secret ? tokens.Find(secret) : new Presented.Unknown()) switch
            {
                Presented.Known known => AdmitAsync(context, known.Caller, next),
                Presented.Expired expired => RefuseAsync(context, Problems.TokenExpired(expired)),
                Presented.Unchecked { Why: var why } => Problems.Result(ErrorMapping.From(why)).ExecuteAsync(context),
                _ => RefuseAsync(context, Problems.Unauthorized),
            });
    }

    /// <summary>The endpoint needs no token.</summary>
    public static TBuilder AllowAll<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new OpenToAll());

    public static bool IsOpen(Endpoint endpoint) => endpoint.Metadata.GetMetadata<OpenToAll>() is not null;

    /// <summary>Whose request this is; null before the token was checked, and on open endpoints. A node that forwards a request
    /// has checked it.</summary>
    public static Caller? CallerOf(HttpContext context) => context.Features.Get<Caller>();

    private static string? Secret(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : null;

    /// <summary>A GET ends when its token is revoked or expires. A change under way does not: it would be left half
    /// done.</summary>
    private static async Task AdmitAsync(HttpContext context, Caller caller, RequestDelegate next)
    {
        context.Features.Set(caller);
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            await next(context);
            return;
        }
        using var revoked = caller.Revoked.Register(context.Abort);
        using var expired = caller.Expires is { } end ? AbortAt(end, context) : null;
        await next(context);
    }

    private static ITimer AbortAt(DateTimeOffset end, HttpContext context)
    {
        var time = context.RequestServices.GetRequiredService<TimeProvider>();
        // A timer reaches 49 days at most. A caller who has watched for a day can come back.
        var left = end - time.GetUtcNow();
        var longest = TimeSpan.FromDays(1);
        // It may have expired since it was checked.
        return time.CreateTimer(
            _ => context.Abort(), null, TimeSpan.FromTicks(Math.Clamp(left.Ticks, 0, longest.Ticks)), Timeout.InfiniteTimeSpan);
    }

    private static Task RefuseAsync(HttpContext context, Problem problem)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.Result(problem).ExecuteAsync(context);
    }

    private sealed class OpenToAll;
}

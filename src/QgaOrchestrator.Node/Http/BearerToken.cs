using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;

namespace QgaOrchestrator.Node.Http;

/// <summary>
/// The API is never open: whatever is not marked as open asks for a token, also a path that is not there, so that nothing
/// is learnt from the answer. What its holder may do is <see cref="RoleGate"/>'s.
/// </summary>
public static class BearerToken
{
    private const string Scheme = "Bearer ";

    public static void UseBearerToken(this WebApplication app)
    {
        var tokens = app.Services.GetRequiredService<TokenStore>();
        app.Use((context, next) => context.GetEndpoint() is { } endpoint && IsOpen(endpoint)
            ? next(context)
            : (Secret(context.Request) is { } secret ? tokens.Find(secret) : new Presented.Unknown()) switch
            {
                Presented.Known known => AdmitAsync(context, known.Caller, next),
                Presented.Expired expired => RefuseAsync(context, Problems.TokenExpired(expired)),
                _ => RefuseAsync(context, Problems.Unauthorized),
            });
    }

    /// <summary>Marks an endpoint that answers without a token.</summary>
    public static TBuilder AllowAll<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new OpenToAll());

    public static bool IsOpen(Endpoint endpoint) => endpoint.Metadata.GetMetadata<OpenToAll>() is not null;

    /// <summary>Whose request this is; null before, and where nobody's name was asked.</summary>
    public static Caller? CallerOf(HttpContext context) => context.Features.Get<Caller>();

    private static string? Secret(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : null;

    /// <summary>Who only watches is cut off when his token is revoked or expires. A change under way is not: it would be left
    /// half done.</summary>
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
        // A timer reaches 49 days at the most; who has watched for one day can come again.
        var left = end - time.GetUtcNow();
        var longest = TimeSpan.FromDays(1);
        // It may have expired since it was looked at.
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

using QgaOrchestrator.Node.Data;

namespace QgaOrchestrator.Node.Http;

/// <summary>
/// The API is never open: whatever is not marked as open asks for the token, also a path that is not there, so that
/// nothing is learnt from the answer.
/// </summary>
public static class BearerToken
{
    private const string Scheme = "Bearer ";

    public static void UseBearerToken(this WebApplication app)
    {
        var token = app.Services.GetRequiredService<AdminToken>();
        app.Use((context, next) =>
            context.GetEndpoint()?.Metadata.GetMetadata<OpenToAll>() is not null || Presented(context.Request) is { } presented && token.Matches(presented)
                ? next(context)
                : RefuseAsync(context));
    }

    /// <summary>Marks an endpoint that answers without a token.</summary>
    public static TBuilder AllowAll<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new OpenToAll());

    private static string? Presented(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : null;

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.Result(Problems.Unauthorized).ExecuteAsync(context);
    }

    private sealed class OpenToAll;
}

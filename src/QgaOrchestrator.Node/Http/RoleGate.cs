using QgaOrchestrator.Node.Access;

namespace QgaOrchestrator.Node.Http;

/// <summary>Who may do what: each route says which role it needs, and one that says nothing needs an admin.</summary>
public static class RoleGate
{
    public static void UseRoles(this WebApplication app) => app.Use((context, next) =>
        BearerToken.CallerOf(context) is { } caller && Needed(context) is { } needed && caller.Role < needed
            ? Problems.Result(Problems.Forbidden(caller, needed)).ExecuteAsync(context)
            : next(context));

    /// <summary>The route is for this role and those above it.</summary>
    public static TBuilder For<TBuilder>(this TBuilder endpoint, Role role) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RouteNeeds(_ => role, role.Name()));

    /// <summary>The role follows from the request.</summary>
    /// <param name="needed">The role that this request needs.</param>
    /// <param name="told">What decides, for who reads the routes.</param>
    public static TBuilder For<TBuilder>(this TBuilder endpoint, Func<HttpContext, Role> needed, string told)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RouteNeeds(needed, told));

    /// <summary>Null: nothing is there, which everybody with a token may be told.</summary>
    private static Role? Needed(HttpContext context) => context.GetEndpoint() is RouteEndpoint route
        ? route.Metadata.GetMetadata<RouteNeeds>()?.Of(context) ?? Role.Admin
        : null;
}

/// <summary>A route's mark.</summary>
/// <param name="Of">The role that a request needs.</param>
/// <param name="Told">The role's name, or what decides.</param>
public sealed record RouteNeeds(Func<HttpContext, Role> Of, string Told);

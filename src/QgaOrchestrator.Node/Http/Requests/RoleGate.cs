using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Errors;

namespace QgaOrchestrator.Node.Http.Requests;

/// <summary>Who may do what: each route names the role that it needs; a route that names none needs an admin.</summary>
public static class RoleGate
{
    public static void UseRoles(this WebApplication app) => app.Use((context, next) =>
        BearerToken.CallerOf(context) is { } caller && Needed(context) is { } needed && caller.Role < needed
            ? Problems.Result(Problems.Forbidden(caller, needed)).ExecuteAsync(context)
            : next(context));

    /// <summary>The route is for this role and those above it.</summary>
    public static TBuilder For<TBuilder>(this TBuilder endpoint, Role role) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RouteNeeds(_ => role, role.Name()));

    /// <summary>The role depends on the request.</summary>
    /// <param name="needed">The role that this request needs.</param>
    /// <param name="description">What the role depends on.</param>
    public static TBuilder For<TBuilder>(this TBuilder endpoint, Func<HttpContext, Role> needed, string description)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new RouteNeeds(needed, description));

    /// <summary>Null: there is no such path, which everybody with a token may learn.</summary>
    private static Role? Needed(HttpContext context) => context.GetEndpoint() is RouteEndpoint route
        ? route.Metadata.GetMetadata<RouteNeeds>()?.Of(context) ?? Role.Admin
        : null;
}

/// <summary>A route's mark.</summary>
/// <param name="Of">The role that a request needs.</param>
/// <param name="Description">The role's name, or what it depends on.</param>
public sealed record RouteNeeds(Func<HttpContext, Role> Of, string Description);

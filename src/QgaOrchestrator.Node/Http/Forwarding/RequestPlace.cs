using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http.Forwarding;

/// <summary>A route's mark: which host's node answers its requests.</summary>
/// <param name="FindAsync">The host, and the path segment that names what is asked for there; null: the node that was
/// asked.</param>
internal sealed record RequestPlace(Func<HttpContext, Task<Place?>> FindAsync);

/// <param name="Host">The host whose node answers.</param>
/// <param name="Segment">In place of the third segment of the path; null: that stays.</param>
internal sealed record Place(string Host, string? Segment = null);

internal static class RequestPlaces
{
    /// <summary>The host of the VM in the path. The path names it with its host: its name alone may mean another VM
    /// there.</summary>
    public static TBuilder AtVm<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RequestPlace(async context =>
        {
            var vm = await Service<IOrchestrator>(context).FindAsync(
                (string)context.GetRouteValue("vm")!, context.RequestAborted);
            return new Place(vm.Id.Host, Uri.EscapeDataString(vm.Id.ToString()));
        }));

    /// <summary>The host whose node works for the run in the path. A run that has ended is known to all.</summary>
    public static TBuilder AtRun<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RequestPlace(context => OfRunAsync(context, alsoEnded: false)));

    /// <summary>The same, also where the run has ended: only its journal tells what is asked.</summary>
    public static TBuilder AtRunOrWhereItWas<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RequestPlace(context => OfRunAsync(context, alsoEnded: true)));

    /// <summary>The host in the path. One that nobody knows is refused by the node that was asked.</summary>
    public static TBuilder AtHost<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RequestPlace(async context =>
        {
            var host = (string)context.GetRouteValue("host")!;
            var known = await Service<IOrchestrator>(context).ListHostsAsync(context.RequestAborted);
            return known.Any(one => one.Host == host) ? new Place(host) : null;
        }));

    /// <summary>The host where the files of the point in the path are.</summary>
    public static TBuilder AtPoint<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new RequestPlace(async context =>
            await Service<IViews>(context).GetPointAsync((string)context.GetRouteValue("id")!) is { } point
                ? new Place(point.Host)
                : null));

    private static async Task<Place?> OfRunAsync(HttpContext context, bool alsoEnded)
    {
        var id = (string)context.GetRouteValue("id")!;
        // Asking for a run that never was would make an actor for it.
        return await Service<IViews>(context).GetRunAsync(id) is { } run && (alsoEnded || run.EndedAt is null)
            ? new Place(await Service<IOrchestrator>(context).FindRunHostAsync(id, context.RequestAborted))
            : null;
    }

    private static T Service<T>(HttpContext context) where T : notnull => context.RequestServices.GetRequiredService<T>();
}

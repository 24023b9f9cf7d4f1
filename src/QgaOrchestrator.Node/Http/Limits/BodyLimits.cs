using Microsoft.AspNetCore.Http.Features;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>How large a body may be: each route says so, and one that says nothing takes next to none.</summary>
public static class BodyLimits
{
    /// <summary>Of a route that reads no body.</summary>
    public const long None = 4 * 1024;

    /// <summary>Of options and arguments.</summary>
    public const long Small = 1024 * 1024;

    /// <summary>qemu-ga refuses a message of more than 64 MiB (QEMU, qobject/json-streamer.c).</summary>
    public const long Agent = 64 * 1024 * 1024;

    /// <summary>These take a file, or what a process is to read.</summary>
    private static readonly string[] CarryData = [GuestFileWrite.Name, GuestExec.Name];

    /// <summary>After the roles, so that only who may ask is told of sizes.</summary>
    public static void UseBodyLimits(this WebApplication app) => app.Use((context, next) =>
    {
        var most = Of(context);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = most;
        return context.Request.ContentLength > most
            ? Problems.Result(Problems.TooLarge(most)).ExecuteAsync(context)
            : next(context);
    });

    /// <param name="most">Bytes; null: of any size, since it is not held in memory.</param>
    public static TBuilder UpTo<TBuilder>(this TBuilder endpoint, long? most) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new Body(_ => most));

    /// <summary>The agent's arguments: a viewer's commands need few, and those that carry data have all that an agent
    /// takes.</summary>
    public static TBuilder UpToArguments<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new Body(context => context.GetRouteValue("command") switch
        {
            _ when BearerToken.CallerOf(context) is { Role: Role.Viewer } => None,
            string command when CarryData.Contains(command) || AgentCommands.Find(command) is null => Agent,
            _ => Small,
        }));

    /// <summary>It may be of more bytes than <see cref="Small"/>, and is held in memory.</summary>
    public static bool IsLarge(HttpContext context) =>
        Of(context) > Small
        && (context.Request.ContentLength ?? (context.Request.Headers.TransferEncoding.Count > 0 ? long.MaxValue : 0)) > Small;

    private static long? Of(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Body>() is { } body ? body.Most(context) : None;

    private sealed record Body(Func<HttpContext, long?> Most);
}

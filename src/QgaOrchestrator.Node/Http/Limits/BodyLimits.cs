using Microsoft.AspNetCore.Http.Features;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Requests;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Node.Http.Limits;

/// <summary>How large a body may be. Each route says so; a route that does not takes almost nothing.</summary>
public static class BodyLimits
{
    /// <summary>For a route that reads no body.</summary>
    public const long None = 4 * 1024;

    /// <summary>For options and arguments.</summary>
    public const long Small = 1024 * 1024;

    /// <summary>qemu-ga refuses a message of more than 64 MiB (QEMU, qobject/json-streamer.c).</summary>
    public const long Agent = 64 * 1024 * 1024;

    /// <summary>Commands that carry a file or a process's input.</summary>
    private static readonly string[] CarryData = [GuestFileWrite.Name, GuestExec.Name];

    /// <summary>After the roles, so that only a caller who may ask learns of sizes.</summary>
    public static void UseBodyLimits(this WebApplication app) => app.Use((context, next) =>
    {
        var most = Of(context);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = most;
        return context.Request.ContentLength > most
            ? Problems.Result(Problems.TooLarge(most)).ExecuteAsync(context)
            : next(context);
    });

    /// <param name="most">Bytes; null: of any size, because it is not held in memory.</param>
    public static TBuilder UpTo<TBuilder>(this TBuilder endpoint, long? most) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new Body(_ => most));

    /// <summary>The agent's arguments: few for a viewer's commands; for a command that carries data, all that an agent
    /// takes.</summary>
    public static TBuilder UpToArguments<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new Body(context => context.GetRouteValue("command") switch
        {
            _ when BearerToken.CallerOf(context) is { Role: Role.Viewer } => None,
            string command when CarryData.Contains(command) || AgentCommands.Find(command) is null => Agent,
            _ => Small,
        }));

    /// <summary>The body may be larger than <see cref="Small"/>, and is held in memory.</summary>
    public static bool IsLarge(HttpContext context) =>
        Of(context) > Small
        && (context.Request.ContentLength ?? (context.Request.Headers.TransferEncoding.Count > 0 ? long.MaxValue : 0)) > Small;

    private static long? Of(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<Body>() is { } body ? body.Most(context) : None;

    private sealed record Body(Func<HttpContext, long?> Most);
}

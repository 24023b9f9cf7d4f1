using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Forwarding;
using QgaOrchestrator.Node.Http.Limits;
using QgaOrchestrator.Node.Http.Requests;
using QgaOrchestrator.Node.Peers;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Node.Http.Audit;

/// <summary>
/// Audits every request except a GET, unless its route asks for it, and an agent command that is known to change nothing. So a
/// new route is audited. A caller who is refused for the token or the role is always audited. The request is on disk before
/// anything is done, except a thaw, which waits for nothing.
/// </summary>
public static partial class AuditTrail
{
    /// <summary>Room for an account's name and the reason why its password was asked for.</summary>
    private const int LongestNote = 512;

    /// <summary>A response waits this long for its entry, which is written in any case.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    /// <summary>Outermost, so that it sees every response.</summary>
    public static void UseAuditOutcomes(this WebApplication app)
    {
        var audit = app.Services.GetRequiredService<AuditKeeper>();
        var time = app.Services.GetRequiredService<TimeProvider>();
        var refusals = app.Services.GetRequiredService<RefusalBudget>();
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
            }
            finally
            {
                var (outcome, code) = Outcome(context);
                if (
                    !ForwardingExtensions.IsForwarded(context)
                    && IsAudited(context, code)
                    && (!IsCallersFault(context) || refusals.Spend(Who(context), code ?? "refused"))
                )
                {
                    var kept = audit.KeepAsync([Entry(context, outcome, code)]);
                    if (!RequestedCommand.IsThaw(context)) await Task.WhenAny(kept, Task.Delay(LongestWait, time));
                }
            }
        });
    }

    /// <summary>Refusals beyond a caller's budget share one entry a minute.</summary>
    public static RefusalBudget Refusals(IServiceProvider services)
    {
        var audit = services.GetRequiredService<AuditKeeper>();
        var host = services.GetRequiredService<QgadOptions>().Node.Host;
        var time = services.GetRequiredService<TimeProvider>();
        return new(time, (who, codes) => _ = audit.KeepAsync(
        [
            new(
                time.GetUtcNow(), who, null, "any request", null, null, host, AuditOutcomes.Refused,
                codes.MaxBy(code => code.Value).Key)
            {
                Detail = $"{codes.Values.Sum()} more in one minute: {string.Join(", ", Counts(codes))}",
            },
        ]));
    }

    private static IEnumerable<string> Counts(IReadOnlyDictionary<string, int> codes) =>
        codes.OrderBy(code => code.Key, StringComparer.Ordinal).Select(code => $"{code.Value} {code.Key}");

    /// <summary>Adds a detail to the entry of this request's outcome: never a secret, nor an argument of an agent
    /// command.</summary>
    public static void Note(HttpContext context, string detail) =>
        context.Items[typeof(AuditTrail)] = PlainText.Of(detail, LongestNote);

    /// <summary>That detail, fit for a log.</summary>
    public static string? NoteOf(HttpContext context) => context.Items[typeof(AuditTrail)] as string;

    /// <summary>Sets the VM that the caller meant.</summary>
    public static void Note(HttpContext context, VmId vm) => context.Items[typeof(VmId)] = vm.ToString();

    /// <summary>After token and role were checked: writes what a caller asks who may ask it.</summary>
    public static void UseAuditIntents(this WebApplication app)
    {
        var audit = app.Services.GetRequiredService<IAuditLog>();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Audit");
        var refusals = app.Services.GetRequiredService<RefusalBudget>();
        app.Use(async (context, next) =>
        {
            if (!IsRead(context) && !ChangesNothing(context) && !RequestedCommand.IsThaw(context))
            {
                // The entry is written before the request is known to be wrong, so a caller whose requests are wrong must wait.
                if (refusals.Wait(Who(context)) is var wait && wait > TimeSpan.Zero)
                {
                    await RequestLimits.RefuseAsync(context, Problems.TooManyRefused, wait);
                    return;
                }
                if (MarkOf(context)?.Detail?.Invoke(context) is { } detail) Note(context, detail);
                try
                {
                    await audit.AppendAsync(Entry(context, AuditOutcomes.Asked, null));
                }
                catch (Exception e)
                {
                    LogRefused(log, e);
                    await Problems.Result(Unavailable).ExecuteAsync(context);
                    return;
                }
            }
            await next(context);
        });
    }

    private static readonly Problem Unavailable = new(
        "Audit unavailable", StatusCodes.Status503ServiceUnavailable, "audit-unavailable",
        "The audit log cannot be written, so nothing was changed.",
        "See the node's log, and make room in its data directory or let its user write audit.db. No thaw is refused for this.");

    /// <summary>Audits a GET that shows a guest's own data, such as its files.</summary>
    /// <param name="when">Which requests do; null: all of the route.</param>
    /// <param name="detail">What both entries say from the beginning.</param>
    public static TBuilder AuditedAsChange<TBuilder>(
        this TBuilder endpoint, Func<HttpContext, bool>? when = null, Func<HttpContext, string?>? detail = null)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new ShowsAGuest(when, detail));

    private static bool IsRead(HttpContext context) =>
        (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        && (MarkOf(context) is not { } mark || mark.When?.Invoke(context) == false);

    private static ShowsAGuest? MarkOf(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<ShowsAGuest>();

    /// <summary>The request was wrong or not allowed, and nothing was done.</summary>
    private static bool IsCallersFault(HttpContext context) => context.Response.StatusCode
        is >= 400 and < 500 and not (StatusCodes.Status409Conflict or StatusCodes.Status422UnprocessableEntity);

    private static string Who(HttpContext context) => BearerToken.CallerOf(context)?.Name ?? Caller.Nobody;

    private static bool IsAudited(HttpContext context, string? code) => IsRead(context)
        ? context.Response.StatusCode is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden
        : code is not null || !ChangesNothing(context);

    private static bool ChangesNothing(HttpContext context) =>
        RequestedCommand.Of(context) is { } command && AgentCommands.Find(command) is { Retry: RetryClass.Safe };

    private static (string Outcome, string? Code) Outcome(HttpContext context) => context.Response.StatusCode switch
    {
        _ when context.RequestAborted.IsCancellationRequested => (AuditOutcomes.Unknown, ProblemCodes.UnknownOutcome),
        < 400 => (AuditOutcomes.Done, null),
        StatusCodes.Status504GatewayTimeout => (AuditOutcomes.Unknown, Problems.CodeOf(context)),
        StatusCodes.Status422UnprocessableEntity or StatusCodes.Status500InternalServerError =>
            (AuditOutcomes.Failed, Problems.CodeOf(context)),
        _ => (AuditOutcomes.Refused, Problems.CodeOf(context)),
    };

    private static AuditEntry Entry(HttpContext context, string outcome, string? code) => new(
        context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow(),
        Who(context),
        ForwardedCaller.AddressOf(context) ?? context.Connection.RemoteIpAddress?.ToString(),
        PlainText.Of(RequestedCommand.Of(context)) ?? $"{PlainText.Of(context.Request.Method)} {Route(context) ?? "?"}",
        // Routing unescapes all but the slash.
        context.Items[typeof(VmId)] as string ?? PlainText.Of(
            (context.GetRouteValue("vm") as string)?.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase)),
        Run(context),
        context.RequestServices.GetRequiredService<QgadOptions>().Node.Host, outcome, code)
    {
        Detail = NoteOf(context),
    };

    private static string? Route(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;

    /// <summary>The run that the request names or has started.</summary>
    private static string? Run(HttpContext context) =>
        Route(context)?.StartsWith(ApiRoutes.Runs, StringComparison.Ordinal) == true
        ? context.Response.Headers.Location.FirstOrDefault()?.Split('/')[^1]
            ?? PlainText.Of(context.GetRouteValue("id") as string)
        : null;

    private sealed record ShowsAGuest(Func<HttpContext, bool>? When, Func<HttpContext, string?>? Detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit log cannot be written, so a request is refused")]
    private static partial void LogRefused(ILogger log, Exception error);
}

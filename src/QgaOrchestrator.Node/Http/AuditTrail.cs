using System.Diagnostics.CodeAnalysis;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Limits;
using QgaOrchestrator.Qemu.Agent.Commands;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Node.Http;

/// <summary>
/// Every request that is no GET is audited, so that a new route is, too, and each GET of a route that says so; only an agent
/// command that is known to change nothing is not. Whoever was not let in is audited whatever he asked. What was asked is on
/// disk before anything is done - but for a thaw, which waits for nothing.
/// </summary>
public static partial class AuditTrail
{
    private const string Thaw = "guest-fsfreeze-thaw";

    /// <summary>A path may hold what it likes; an entry holds the beginning.</summary>
    private const int Longest = 80;

    private const int LongestNote = 200;

    /// <summary>An answer waits this long for its own entry; the entry is kept all the same.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Outside of everything else: it sees each answer, whoever gave it.</summary>
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
                if (IsWorthTelling(context, code) && (!IsCallersFault(context) || refusals.Take(Who(context), code ?? "refused")))
                {
                    var kept = audit.KeepAsync([Entry(context, outcome, code)]);
                    if (!IsThaw(context)) await Task.WhenAny(kept, Task.Delay(Patience, time));
                }
            }
        });
    }

    /// <summary>What is refused beyond a caller's budget is told by one entry a minute.</summary>
    public static RefusalBudget Refusals(IServiceProvider services)
    {
        var audit = services.GetRequiredService<AuditKeeper>();
        var host = services.GetRequiredService<QgadOptions>().Node.Host;
        var time = services.GetRequiredService<TimeProvider>();
        return new(time, (who, codes) =>
            _ = audit.KeepAsync([
                new(
                    time.GetUtcNow(),
                    who,
                    null,
                    "any request",
                    null,
                    null,
                    host,
                    AuditOutcomes.Refused,
                    codes.MaxBy(code => code.Value).Key
                )
            {
                Detail =
                    $"{codes.Values.Sum()} more in one minute: "
                        + $"{string.Join(", ", codes.OrderBy(code => code.Key, StringComparer.Ordinal).Select(code => $"{code.Value} {code.Key}"))}",
            },
            ]));
    }

    /// <summary>Says more of this request in its outcome's entry; never a secret, and no argument of an agent's
    /// command.</summary>
    public static void Note(HttpContext context, string detail) => context.Items[typeof(AuditTrail)] = Plain(detail, LongestNote);

    /// <summary>What was said of this request, fit for a log.</summary>
    public static string? NoteOf(HttpContext context) => context.Items[typeof(AuditTrail)] as string;

    /// <summary>Which VM the caller meant, where that is known by now.</summary>
    public static void Note(HttpContext context, VmId vm) => context.Items[typeof(VmId)] = vm.ToString();

    /// <summary>After token and role were looked at: what is asked by somebody who may ask.</summary>
    public static void UseAuditIntents(this WebApplication app)
    {
        var audit = app.Services.GetRequiredService<IAuditLog>();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Audit");
        var refusals = app.Services.GetRequiredService<RefusalBudget>();
        app.Use(async (context, next) =>
        {
            if (!IsRead(context) && !ChangesNothing(context) && !IsThaw(context))
            {
                // What is asked has an entry before it is known to be wrong, so who is only ever wrong has to wait.
                if (refusals.Wait(Who(context)) is var wait && wait > TimeSpan.Zero)
                {
                    await RequestLimits.RefuseAsync(context, Problems.TooManyRefused, wait);
                    return;
                }
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
        "The audit log cannot be written, so nothing is changed.",
        "See the node's log; make room in its data directory, or its audit.db writable. A thaw is never refused for this.");

    /// <summary>What it shows was not made for showing: a guest's files.</summary>
    public static TBuilder AuditedAsChange<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new ShowsAGuest());

    private static bool IsRead(HttpContext context) =>
        (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        && context.GetEndpoint()?.Metadata.GetMetadata<ShowsAGuest>() is null;

    /// <summary>It waits for nothing, and nothing limits it.</summary>
    public static bool IsThaw(HttpContext context) => Command(context) == Thaw;

    /// <summary>The request itself was wrong, or not allowed: nothing was tried.</summary>
    private static bool IsCallersFault(HttpContext context) => context.Response.StatusCode
        is >= 400 and < 500 and not (StatusCodes.Status409Conflict or StatusCodes.Status422UnprocessableEntity);

    private static string Who(HttpContext context) => BearerToken.CallerOf(context)?.Name ?? Caller.Nobody;

    private static bool IsWorthTelling(HttpContext context, string? code) => IsRead(context)
        ? context.Response.StatusCode is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden
        : code is not null || !ChangesNothing(context);

    private static string? Command(HttpContext context) => context.GetRouteValue("command") as string;

    private static bool ChangesNothing(HttpContext context) =>
        Command(context) is { } command && AgentCommands.Find(command) is { Retry: RetryClass.Safe };

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
        context.Connection.RemoteIpAddress?.ToString(),
        Plain(Command(context)) ?? $"{Plain(context.Request.Method)} {Route(context) ?? "?"}",
        // Routing unescapes all but the slash.
        context.Items[typeof(VmId)] as string ?? Plain(
            (context.GetRouteValue("vm") as string)?.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase)),
        Run(context),
        context.RequestServices.GetRequiredService<QgadOptions>().Node.Host, outcome, code)
    {
        Detail = NoteOf(context),
    };

    private static string? Route(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;

    /// <summary>The run that is asked for, or that was started.</summary>
    private static string? Run(HttpContext context) =>
        Route(context)?.StartsWith(ApiRoutes.Runs, StringComparison.Ordinal) == true
        ? context.Response.Headers.Location.FirstOrDefault()?.Split('/')[^1] ?? Plain(context.GetRouteValue("id") as string)
        : null;

    /// <summary>Of a path that the caller wrote: short, and without what moves a terminal's cursor.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    internal static string? Plain(string? text, int most = Longest) => text is null
        ? null
        : ForeignText.Message(text, most);

    private sealed class ShowsAGuest;

    [LoggerMessage(Level = LogLevel.Error, Message = "the audit log does not take what is asked, so it is refused")]
    private static partial void LogRefused(ILogger log, Exception error);
}

using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Api;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Node.Http;

/// <summary>
/// Every request that is no GET is audited, so that a new route is, too; only an agent command that is known to change
/// nothing is not, unless it is refused. What was asked is on disk before anything is done - but for a thaw, which waits
/// for nothing.
/// </summary>
public static partial class AuditTrail
{
    private const string Thaw = "guest-fsfreeze-thaw";

    /// <summary>Outside of everything else: it sees each answer, whoever gave it.</summary>
    public static void UseAuditOutcomes(this WebApplication app)
    {
        var audit = app.Services.GetRequiredService<SqliteAudit>();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Audit");
        app.Use(async (context, next) =>
        {
            if (IsRead(context)) { await next(context); return; }
            await next(context);
            var (outcome, code) = Outcome(context);
            if (code is null && ChangesNothing(context)) return;
            try
            {
                await audit.AppendAsync(Entry(context, outcome, code));
            }
            catch (Exception e)
            {
                LogLost(log, outcome, e);
            }
        });
    }

    /// <summary>After the token was looked at: what is asked by somebody who may ask.</summary>
    public static void UseAuditIntents(this WebApplication app)
    {
        var audit = app.Services.GetRequiredService<SqliteAudit>();
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Audit");
        app.Use(async (context, next) =>
        {
            context.Items[typeof(AuditTrail)] = "admin";
            if (!IsRead(context) && !ChangesNothing(context) && Command(context) != Thaw)
            {
                try
                {
                    await audit.AppendAsync(Entry(context, "asked", null));
                }
                catch (Exception e)
                {
                    LogLost(log, "asked", e);
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

    private static bool IsRead(HttpContext context) => HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);

    private static string? Command(HttpContext context) => context.GetRouteValue("command") as string;

    private static bool ChangesNothing(HttpContext context) =>
        Command(context) is { } command && AgentCommands.Find(command) is { Retry: RetryClass.Safe };

    private static (string Outcome, string? Code) Outcome(HttpContext context) => context.Response.StatusCode switch
    {
        _ when context.RequestAborted.IsCancellationRequested => ("unknown", ProblemCodes.UnknownOutcome),
        < 400 => ("done", null),
        StatusCodes.Status504GatewayTimeout => ("unknown", Problems.CodeOf(context)),
        StatusCodes.Status422UnprocessableEntity or StatusCodes.Status500InternalServerError => ("failed", Problems.CodeOf(context)),
        _ => ("refused", Problems.CodeOf(context)),
    };

    private static AuditEntry Entry(HttpContext context, string outcome, string? code) => new(
        context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow(),
        context.Items[typeof(AuditTrail)] as string ?? "nobody",
        context.Connection.RemoteIpAddress?.ToString(),
        Command(context) ?? $"{context.Request.Method} {(context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "?"}",
        context.GetRouteValue("vm") as string,
        context.GetRouteValue("id") as string ?? context.Response.Headers.Location.FirstOrDefault()?.Split('/')[^1],
        context.RequestServices.GetRequiredService<QgadOptions>().Node.Host, outcome, code);

    [LoggerMessage(Level = LogLevel.Error, Message = "the audit log did not take an entry ({Outcome})")]
    private static partial void LogLost(ILogger log, string outcome, Exception error);
}

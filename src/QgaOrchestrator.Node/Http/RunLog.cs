using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http;

/// <summary>
/// Runs that were not started are in the node's log, beside the starts and ends that their actors tell. The reason is told by
/// its code alone: an answer repeats what was asked, and that may be a secret in the wrong place.
/// </summary>
public static partial class RunLog
{
    private static readonly string[] Starting = [ApiRoutes.Runs, ApiRoutes.RunRetry];

    /// <summary>Outside of everything that refuses.</summary>
    public static void UseRunLog(this WebApplication app)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Runs");
        app.Use(async (context, next) =>
        {
            await next(context);
            // Who has no token is in the audit log, which counts strangers instead of listing them.
            if (
                context.Response.StatusCode >= 400
                && context.Response.StatusCode != StatusCodes.Status401Unauthorized
                && IsStart(context)
            )
            {
                LogRefused(log, BearerToken.CallerOf(context)?.Name ?? Caller.Nobody, AuditTrail.NoteOf(context) ?? "not read",
                    Problems.CodeOf(context) ?? "no code", context.Response.StatusCode);
            }
        });
    }

    private static bool IsStart(HttpContext context) => HttpMethods.IsPost(context.Request.Method)
        && context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route } && Starting.Contains(route);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "A run that {Who} asked for is refused: {Code} ({Status}); asked for: {What}"
    )]
    private static partial void LogRefused(ILogger log, string who, string what, string code, int status);
}

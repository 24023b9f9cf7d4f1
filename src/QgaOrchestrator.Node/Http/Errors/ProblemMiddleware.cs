using Microsoft.AspNetCore.Http.Features;
using QgaOrchestrator.Api;

namespace QgaOrchestrator.Node.Http.Errors;

/// <summary>Answers what no endpoint has: an exception, or a path that does not exist.</summary>
public static partial class ProblemMiddleware
{
    public static void UseProblems(this WebApplication app)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Http");
        app.Use(async (context, next) =>
        {
            try
            {
                await next(context);
                if (!context.Response.HasStarted && Unanswered(context.Response) is { } problem)
                    await Problems.Result(problem).ExecuteAsync(context);
            }
            catch (Exception e) when (
                e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
            {
                // The caller is gone.
            }
            catch (Exception e) when (!context.Response.HasStarted)
            {
                var answer = e is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }
                    ? Problems.TooLarge(context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize)
                    : ErrorMapping.From(e);
                if (answer.Code == ProblemCodes.Internal)
                    LogFailed(log, context.Request.Method, context.GetEndpoint()?.DisplayName, e);
                await Problems.Result(answer).ExecuteAsync(context);
            }
        });
    }

    private static Problem? Unanswered(HttpResponse response) => response switch
    {
        { StatusCode: StatusCodes.Status404NotFound, ContentType: null } => Problems.NotFound(
            "There is nothing at this path.",
            "The API has /v1/vms, /v1/runs, /v1/recovery-points, /healthz, /readyz and the other paths of its reference."
        ),
        { StatusCode: StatusCodes.Status400BadRequest, ContentType: null } => Problems.BadRequest(
            "A query parameter has a value of the wrong type.",
            "Correct the query: write numbers in digits, and flags as true or false."
        ),
        { StatusCode: StatusCodes.Status405MethodNotAllowed } => new(
            "Method not allowed", StatusCodes.Status405MethodNotAllowed, ProblemCodes.BadRequest,
            "This path does not take this method.", "Use a method that the Allow header names."),
        { StatusCode: StatusCodes.Status415UnsupportedMediaType } => new(
            "Unsupported media type", StatusCodes.Status415UnsupportedMediaType, ProblemCodes.BadRequest,
            "A body here is JSON.", "Send Content-Type: application/json."),
        _ => null,
    };

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Endpoint} failed")]
    private static partial void LogFailed(ILogger log, string method, string? endpoint, Exception error);
}

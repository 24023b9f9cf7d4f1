using System.Globalization;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;

namespace QgaOrchestrator.Node.Http.Errors;

/// <summary>The responses to failed requests: RFC 9457 problem details with a stable code and a remedy.</summary>
public static class Problems
{
    /// <summary>When a store that cannot be used is worth another try: a lock or a short outage has passed by then.</summary>
    private const string StoreRetrySeconds = "10";

    public static IResult Result(Problem problem) => new Answer(problem);

    /// <summary>The code of the problem that was sent, for the audit log; null: none was.</summary>
    public static string? CodeOf(HttpContext context) => (context.Items[typeof(Problem)] as Problem)?.Code;

    public static Problem NotFound(string what, string remedy) =>
        new("Not found", StatusCodes.Status404NotFound, ProblemCodes.NotFound, what, remedy);

    public static Problem BadRequest(string what, string remedy) =>
        new("Bad request", StatusCodes.Status400BadRequest, ProblemCodes.BadRequest, what, remedy);

    /// <summary>Several faults at once, each "member: what is wrong with it".</summary>
    public static Problem BadRequest(IEnumerable<string> faults, string remedy)
    {
        var all = faults.ToArray();
        return BadRequest(string.Join("; ", all), remedy) with
        {
            Errors = all.Select(fault => fault.Split(": ", 2))
                .GroupBy(parts => parts[0], parts => parts[^1])
                .ToDictionary(group => group.Key, group => group.ToArray()),
        };
    }

    public static Problem Conflict(string code, string what, string remedy) =>
        new("Conflict", StatusCodes.Status409Conflict, code, what, remedy);

    public static Problem NotAvailable(string what) =>
        Conflict("not-available", $"{what} is not available in this version.", "Use a newer version of qgad.");

    public static readonly Problem NotReady = new(
        "Not ready", StatusCodes.Status503ServiceUnavailable, ProblemCodes.NotReady, "The node is starting or stopping.",
        "Try again in a few seconds. /readyz shows what it waits for.");

    public static Problem NoCluster(string why) => new(
        "No cluster", StatusCodes.Status503ServiceUnavailable, ProblemCodes.NotReady,
        $"Runs belong to the cluster, and {why}.",
        "Start or reach the nodes that it waits for: see /readyz. This node lists, calls and thaws its own VMs meanwhile.");

    /// <summary>An actor that is late waits for the journal: nothing else takes long.</summary>
    public static readonly Problem StoreBusy = new(
        "Store busy",
        StatusCodes.Status503ServiceUnavailable,
        ProblemCodes.NotReady,
        "The run did not answer in time: its journal may be locked or full.",
        "See /readyz and the node's log, unlock the journal or make room in the data directory, and try again. No thaw waits "
            + "for it."
    );

    public static readonly Problem Unauthorized = new(
        "Unauthorized", StatusCodes.Status401Unauthorized, ProblemCodes.Unauthorized, "A valid token is needed.",
        "Send Authorization: Bearer TOKEN. The admin's token is in the node's DATA/admin.token.");

    /// <param name="most">Null where it is not known.</param>
    public static Problem TooLarge(long? most) =>
        new(
            "Content too large",
            StatusCodes.Status413PayloadTooLarge,
            ProblemCodes.TooLarge,
            most is { } bytes
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"The body is larger than the {bytes} bytes that this request may have."
                )
                : "The body is too large.",
            "Send less. Use PUT /v1/vms/{vm}/file for a file of any size."
        );

    public static readonly Problem TooSlow = new(
        "Request timeout",
        StatusCodes.Status408RequestTimeout,
        ProblemCodes.TooSlow,
        "The body arrived at less than 240 bytes a second.",
        "Send it again, faster."
    );

    public static Problem TooMany(Caller caller, string limit) =>
        new(
            "Too many requests",
            StatusCodes.Status429TooManyRequests,
            ProblemCodes.TooManyRequests,
            $"The token {caller.Name} has reached its limit of {limit}, that of the role {caller.Role.Name()}.",
            "Wait for the seconds in Retry-After, and ask less often."
        );

    /// <summary>Only a number of a caller's wrong requests is written to the audit log.</summary>
    public static readonly Problem TooManyRefused = new(
        "Too many refused requests",
        StatusCodes.Status429TooManyRequests,
        ProblemCodes.TooManyRequests,
        "Too many requests with this token were refused as wrong or not allowed.",
        "Correct what the earlier responses reported, and ask again after the seconds in Retry-After."
    );

    public static Problem TokenExpired(Presented.Expired token) => Unauthorized with
    {
        Detail =
            $"The token {token.Name} expired at "
                + $"{token.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)}.",
        Remedy =
            $"Ask an admin to replace it: qgactl token revoke {token.Name}; qgactl token add {token.Name} "
                + $"--role ROLE.",
    };

    public static Problem Forbidden(Caller caller, Role needed) => new(
        "Forbidden", StatusCodes.Status403Forbidden, ProblemCodes.Forbidden,
        $"This needs the role {needed.Name()}; the token {caller.Name} has the role "
            + $"{caller.Role.Name()}.",
        $"Use a token of the role {needed.Name()}{(needed == Role.Admin ? "" : " or above")}; an admin makes one: qgactl token "
            + $"add NAME --role {needed.Name()}."
    );

    private sealed class Answer(Problem problem) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Items[typeof(Problem)] = problem;
            if (problem.Code == ProblemCodes.StoreUnavailable) httpContext.Response.Headers.RetryAfter = StoreRetrySeconds;
            return TypedResults.Json(problem, ApiJson.Default.Problem, ApiRoutes.ProblemContentType, problem.Status)
                .ExecuteAsync(httpContext);
        }
    }
}

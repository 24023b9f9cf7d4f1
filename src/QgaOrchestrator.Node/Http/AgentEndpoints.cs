using System.Text;
using System.Text.Json;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Forwarding;
using QgaOrchestrator.Node.Http.Limits;
using QgaOrchestrator.Node.Http.Requests;
using QgaOrchestrator.Qemu.Agent;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Node.Http;

/// <summary>
/// /v1/vms/{vm}/agent/{command}: one agent command. Arguments and return value pass through unchanged and are never logged:
/// they may hold passwords and files.
/// </summary>
public static class AgentEndpoints
{
    /// <summary>Any members: a known command's schema checks them, an unknown command's agent.</summary>
    private static readonly RouteBody Arguments = new(
        null,
        "Send the command's arguments as the agent takes them, or nothing. Bytes that are not UTF-8 go as base64 only, as in "
            + "buf-b64.",
        Optional: true
    )
    { IsSecret = true };

    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(1);

    public static void MapAgentCalls(this IEndpointRouteBuilder routes) => routes.MapPost(ApiRoutes.AgentCall, CallAsync)
        .For(context => CommandRoles.Needed((string)context.GetRouteValue("command")!), "by command").Takes(Arguments)
            .UpToArguments().AtVm();

    private static async Task<IResult> CallAsync(
        string vm, string command, string? timeout, string? lease, string? force,
        HttpContext context, IOrchestrator orchestrator, QgadOptions options, CancellationToken cancel)
    {
        if (options.Policy.Deny.Contains(command, StringComparer.Ordinal)) return Problems.Result(Denied(command));
        var call =
            CallOptionsFrom(timeout, lease, force) with { ReadsOnly = BearerToken.CallerOf(context) is { Role: Role.Viewer } };
        if (call.Force) AuditTrail.Note(context, "by force");
        var (arguments, listed) = (StrictInput.BodyOf(context), AgentCommands.Find(command));
        if (listed is not null && ArgumentCheck.Faults(listed, arguments) is { Count: > 0 } faults)
            return Problems.Result(Problems.BadRequest(faults, "Correct the arguments. They go to the agent unchanged."));
        var target = await orchestrator.FindAsync(vm, cancel);
        AuditTrail.Note(context, target.Id);
        var request = StrictInput.TakeSecret(context) is { } body && listed is not null
            && ArgumentCheck.Secrets(listed, arguments).Count > 0
                ? AgentRequest.Secretly(command, body)
                : new AgentRequest(command, arguments);
        return await orchestrator.CallAsync(target.Id, request, call, cancel) switch
        {
            CallReply.Returned returned => new ReturnResult(returned),
            CallReply.AgentFailed failed => Problems.Result(Told(ErrorMapping.From(failed), failed)),
            CallReply.Refused refused => Problems.Result(ErrorMapping.From(refused)),
            CallReply.Unknown unknown => Problems.Result(Told(ErrorMapping.From(unknown), unknown)),
            var reply => throw new InvalidOperationException($"no answer for {reply.GetType().Name}"),
        };
    }

    /// <summary>Tells a caller that the call had less time than was asked for, and what else there is to know.</summary>
    private static Problem Told(Problem problem, CallReply reply)
    {
        if (reply.Clamped?.Timeout is { } timeout)
            problem = problem with
            {
                Detail = $"{problem.Detail} (The time-out was shortened to {timeout:c}, the longest that this command may have.)",
            };
        return reply.Warning is { } warning ? problem with { Detail = $"{problem.Detail} {warning}" } : problem;
    }

    private static CallOptions CallOptionsFrom(string? timeout, string? lease, string? force)
    {
        var faults = new List<string>();
        var parsed = new CallOptions(
            Duration("timeout", timeout, faults), Duration("lease", lease, faults), force is "true" or "1" or "");
        if (force is not (null or "true" or "1" or "" or "false" or "0")) faults.Add("force: true or false");
        return faults.Count == 0
            ? parsed
            : throw new ProblemException(Problems.BadRequest(faults, "Correct the query; durations are hh:mm:ss[.fff]."));
    }

    private static TimeSpan? Duration(string name, string? text, List<string> faults)
    {
        if (text is null) return null;
        if (Core.Duration.Within(text, TimeSpan.FromMilliseconds(1), LongestTime) is { } duration) return duration;
        faults.Add($"{name}: a duration hh:mm:ss[.fff] from 00:00:00.001 to {LongestTime:c} is expected");
        return null;
    }

    private static Problem Denied(string command) => new(
        "Forbidden", StatusCodes.Status403Forbidden, ProblemCodes.Forbidden, $"This node's policy denies {command}.",
        "Policy.Deny in the node's config lists what is denied.");

    /// <summary>{"return": …} around the agent's bytes, which are not parsed again: they may be 128 MiB.</summary>
    private sealed class ReturnResult(CallReply.Returned returned) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = "application/json; charset=utf-8";
            await httpContext.Response.Body.WriteAsync("{\"return\":"u8.ToArray(), httpContext.RequestAborted);
            await httpContext.Response.Body.WriteAsync(returned.Json, httpContext.RequestAborted);
            await httpContext.Response.Body.WriteAsync(End(returned), httpContext.RequestAborted);
        }

        /// <summary>Of most nothing is to escape: By is one of three words, and an event's name has letters and _ only.</summary>
        private static byte[] End(CallReply.Returned returned) => Encoding.UTF8.GetBytes(returned.Completed switch
        {
            null => "",
            { Event: { } name } by => $",\"completedBy\":\"{by.By}\",\"event\":\"{name}\"",
            var by => $",\"completedBy\":\"{by.By}\"",
        } + (returned.Clamped is { } clamped ? $",\"clamped\":{{{Members(clamped)}}}" : "")
            + (returned.Warning is { } warning ? $",\"warnings\":[\"{JsonEncodedText.Encode(warning)}\"]" : "") + "}");

        private static string Members(CallClamp clamped) =>
            string.Join(
                ',',
                new[] { ("timeout", clamped.Timeout), ("lease", clamped.Lease) }
                    .Where(member => member.Item2 is not null)
                    .Select(member => $"\"{member.Item1}\":\"{member.Item2:c}\"")
            );
    }
}

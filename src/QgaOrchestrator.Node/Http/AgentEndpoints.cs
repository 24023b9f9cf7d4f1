using System.Text;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Options;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Node.Http;

/// <summary>
/// /v1/vms/{vm}/agent/{command}: one agent command. Arguments and return pass through as they are on the wire, and neither
/// is logged: they may hold passwords and files.
/// </summary>
public static class AgentEndpoints
{
    // qemu-ga refuses a message of more than 64 MiB (QEMU, qobject/json-streamer.c).
    private const int MostBytes = 64 * 1024 * 1024;

    /// <summary>Any members: of a command that is known its schema decides, and of another its agent.</summary>
    private static readonly RouteBody Arguments = new(
        null, "Send the command's arguments as on the wire, or nothing; an agent takes bytes that are no UTF-8 as base64 only, as in buf-b64.", Optional: true, MostBytes);

    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(1);

    public static void MapAgentCalls(this IEndpointRouteBuilder routes) => routes.MapPost(ApiRoutes.AgentCall, CallAsync)
        .For(context => CommandRoles.Needed((string)context.GetRouteValue("command")!), "by command").Takes(Arguments);

    private static async Task<IResult> CallAsync(
        string vm, string command, string? timeout, string? lease, string? force,
        HttpContext context, IOrchestrator orchestrator, QgadOptions options, CancellationToken cancel)
    {
        if (options.Policy.Deny.Contains(command, StringComparer.Ordinal)) return Problems.Result(Denied(command));
        var call = CallOptionsFrom(timeout, lease, force);
        if (call.Force) AuditTrail.Note(context, "by force");
        var arguments = StrictInput.BodyOf(context);
        if (AgentCommands.Find(command) is { } listed && ArgumentCheck.Faults(listed, arguments) is { Count: > 0 } faults)
            return Problems.Result(Problems.BadRequest(faults, "Correct the arguments: they go to the agent as on the wire."));
        var target = await orchestrator.FindAsync(vm, cancel);
        AuditTrail.Note(context, target.Id);
        return await orchestrator.CallAsync(target.Id, command, arguments, call, cancel) switch
        {
            CallReply.Returned returned => new ReturnResult(returned.Json, returned.Completed),
            CallReply.AgentFailed failed => Problems.Result(ErrorMapping.From(failed)),
            CallReply.Refused refused => Problems.Result(ErrorMapping.From(refused)),
            CallReply.Unknown unknown => Problems.Result(ErrorMapping.From(unknown)),
            var reply => throw new InvalidOperationException($"no answer for {reply.GetType().Name}"),
        };
    }

    private static CallOptions CallOptionsFrom(string? timeout, string? lease, string? force)
    {
        var faults = new List<string>();
        var parsed = new CallOptions(Duration("timeout", timeout, faults), Duration("lease", lease, faults), force is "true" or "1" or "");
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

    /// <summary>{"return": …} around the bytes of the wire, which are not read again: they may be 128 MiB.</summary>
    private sealed class ReturnResult(ReadOnlyMemory<byte> json, Completion? completed) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = "application/json; charset=utf-8";
            await httpContext.Response.Body.WriteAsync("{\"return\":"u8.ToArray(), httpContext.RequestAborted);
            await httpContext.Response.Body.WriteAsync(json, httpContext.RequestAborted);
            await httpContext.Response.Body.WriteAsync(End(completed), httpContext.RequestAborted);
        }

        /// <summary>By is one of three words, and an event's name has letters and _ only.</summary>
        private static byte[] End(Completion? completed) => Encoding.UTF8.GetBytes(completed switch
        {
            null => "}",
            { Event: { } name } => $",\"completedBy\":\"{completed.By}\",\"event\":\"{name}\"}}",
            _ => $",\"completedBy\":\"{completed.By}\"}}",
        });
    }
}

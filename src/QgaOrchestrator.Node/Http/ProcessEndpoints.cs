using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Guests;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Vms;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Forwarding;
using QgaOrchestrator.Node.Http.Limits;
using QgaOrchestrator.Node.Http.Requests;
using QgaOrchestrator.Qemu.Agent.Commands;

namespace QgaOrchestrator.Node.Http;

/// <summary>
/// POST /v1/vms/{vm}/exec: starts a process in a guest and streams its output as server-sent events while it runs. A caller who
/// disconnects does not end the process.
/// </summary>
public static class ProcessEndpoints
{
    private const string Example = """Send {"path":"ping","args":["-c","3","db2"],"timeout":"00:05:00"}.""";

    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(5);

    public static void MapProcesses(this IEndpointRouteBuilder routes) =>
        routes.MapPost(ApiRoutes.VmExec, RunAsync).For(Role.Operator).AtVm()
        .Takes(new RouteBody(["path", "args", "env", "input", "timeout"], Example)).UpTo(BodyLimits.Agent).Streams();

    private static async Task<IResult> RunAsync(
        string vm,
        HttpRequest request,
        IOrchestrator orchestrator,
        TimeProvider time,
        SlowReaders slow,
        IHostApplicationLifetime lifetime,
        CancellationToken cancel
    )
    {
        var asked = Read(StrictInput.BodyOf(request.HttpContext));
        var limit = Limit(asked.Timeout);
        var target = await orchestrator.FindAsync(vm, cancel);
        AuditTrail.Note(request.HttpContext, target.Id);
        var process = await StreamedProcess.StartAsync(
            GuestCalls.Of(orchestrator, target.Id),
            new ExecRequest(asked.Path, asked.Args, asked.Env, asked.Input),
            limit,
            time,
            cancel
        );
        return TypedResults.ServerSentEvents(
            slow.DropAsync(FollowAsync(process, lifetime.ApplicationStopping, cancel), request.HttpContext, cancel));
    }

    private static TimeSpan Limit(string? timeout)
    {
        if (timeout is null) return Usual;
        var (least, most) = (ProcessTimeout.Shortest, ProcessTimeout.Longest);
        return Core.Duration.Within(timeout, least, most) ?? throw new ProblemException(
            Problems.BadRequest([$"timeout: a duration hh:mm:ss[.fff] from {least:c} to {most:c} is expected"], Example));
    }

    private static async IAsyncEnumerable<SseItem<string>> FollowAsync(
        StreamedProcess process,
        CancellationToken stopping,
        CancellationToken caller,
        [EnumeratorCancellation] CancellationToken cancel = default
    )
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, caller, cancel);
        SseItem<string>? end = null;
        await using (process)
        {
            await using var news = process.FollowAsync(either.Token).GetAsyncEnumerator(either.Token);
            while (await NextAsync(news) is { } item)
            {
                end = item.EventType == ProcessEventTypes.End ? item : null;
                if (end is null) yield return item;
            }
        }
        // Sent last, when nothing of the process is left in the guest.
        if (end is { } last) yield return last;
    }

    /// <returns>Null: nothing follows. A stream without an end event was interrupted.</returns>
    private static async Task<SseItem<string>?> NextAsync(IAsyncEnumerator<ProcessNews> news)
    {
        try
        {
            return await news.MoveNextAsync() ? Item(news.Current) : null;
        }
        catch (GuestCallException e)
        {
            return End(
                new ProcessEnd(
                    null,
                    null,
                    $"the guest stopped answering: {e.Message}",
                    "Look in the guest for the process."
                )
            );
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static SseItem<string> Item(ProcessNews news) => news switch
    {
        ProcessNews.Said said =>
            new(Convert.ToBase64String(said.Bytes), said.Error ? ProcessEventTypes.Err : ProcessEventTypes.Out),
        ProcessNews.Ended ended => End(new ProcessEnd(ended.ExitCode, ended.Signal)),
        ProcessNews.Lost lost => End(new ProcessEnd(null, null, lost.Reason, lost.Remedy)),
        _ => throw new InvalidOperationException($"no event for {news.GetType().Name}"),
    };

    private static SseItem<string> End(ProcessEnd end) =>
        new(JsonSerializer.Serialize(end, ApiJson.Default.ProcessEnd), ProcessEventTypes.End);

    private static ProcessRequest Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            if (JsonSerializer.Deserialize(body.Span, ApiJson.Default.ProcessRequest) is { Path.Length: > 0 } asked) return asked;
        }
        catch (JsonException)
        {
            // The message may quote a secret.
        }
        throw new ProblemException(Problems.BadRequest("The body does not describe a process.", Example));
    }
}

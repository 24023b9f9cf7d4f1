using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Forwarding;
using QgaOrchestrator.Node.Http.Limits;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http;

/// <summary>/v1/runs/{id}/events: server-sent events, until the run ends, the caller goes or the node stops.</summary>
public static class RunEventEndpoints
{
    public static void MapRunEvents(this IEndpointRouteBuilder routes) =>
        routes.MapGet(ApiRoutes.RunEvents, WatchAsync).For(Role.Viewer).Streams().AtRun();

    private static async Task<IResult> WatchAsync(
        string id,
        HttpRequest request,
        IOrchestrator orchestrator,
        IViews views,
        RunKinds kinds,
        TimeProvider time,
        SlowReaders slow,
        IHostApplicationLifetime lifetime,
        CancellationToken cancel
    )
    {
        var stream = new RunEventStream(Since(request), kinds, RunEndpoints.RoleOf(request.HttpContext), time);
        if (await views.GetRunAsync(id) is { EndedAt: not null } ended)
        {
            var items = await views.ListItemsAsync(id, 0, int.MaxValue);
            return TypedResults.ServerSentEvents(
                slow.DropAsync(Once(stream.Next(new(ended, items, []))), request.HttpContext, cancel));
        }
        return await orchestrator.GetRunAsync(id, cancel) is null
            ? Problems.Result(RunEndpoints.NoRun(id))
            : TypedResults.ServerSentEvents(
                slow.DropAsync(
                    FollowAsync(stream, id, orchestrator, lifetime.ApplicationStopping, cancel),
                    request.HttpContext,
                    cancel
                )
            );
    }

    private static async IAsyncEnumerable<SseItem<string>> FollowAsync(
        RunEventStream stream, string id, IOrchestrator orchestrator, CancellationToken stopping, CancellationToken caller,
        [EnumeratorCancellation] CancellationToken cancel = default)
    {
        // A node that stops does not wait for whoever watches: they come back with Last-Event-ID.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, caller, cancel);
        await using var views = orchestrator.WatchRunAsync(id, either.Token).GetAsyncEnumerator(either.Token);
        while (await NextAsync(views))
        {
            foreach (var item in stream.Next(views.Current)) yield return item;
            if (views.Current.Summary.EndedAt is not null) yield break;
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<RunView> views)
    {
        try
        {
            return await views.MoveNextAsync();
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async IAsyncEnumerable<SseItem<string>> Once(IEnumerable<SseItem<string>> items)
    {
        await Task.CompletedTask;
        foreach (var item in items) yield return item;
    }

    private static long Since(HttpRequest request) =>
        long.TryParse(
            request.Headers[ApiRoutes.LastEventIdHeader],
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var since
        )
            ? since
            : 0;
}

using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Items;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Runs;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Runs;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Forwarding;
using QgaOrchestrator.Node.Http.Limits;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http;

/// <summary>/v1/runs: start, list, show. An ended run is answered from the views, so that looking wakes nothing.</summary>
public static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        var kinds = routes.ServiceProvider.GetRequiredService<RunKinds>();
        routes.MapPost(ApiRoutes.Runs, StartAsync).For(Role.Operator).Takes(RunRequestReader.Body(kinds)).UpTo(BodyLimits.Small);
        routes.MapGet(ApiRoutes.Runs, ListAsync).For(Role.Viewer);
        routes.MapGet(ApiRoutes.Run, ShowAsync).For(Role.Viewer).AtRun();
        routes.MapGet(ApiRoutes.RunItems, ItemsAsync).For(Role.Viewer).AtRun();
        Steer(ApiRoutes.RunPause, RunSteering.Pause);
        Steer(ApiRoutes.RunResume, RunSteering.Resume);
        routes.MapPost(
            ApiRoutes.RunAbort,
            (string id, string? wait, HttpContext context, IOrchestrator orchestrator, IViews views, CancellationToken cancel) =>
            {
                var steering = Waits(wait) ? RunSteering.AbortAndWait : RunSteering.Abort;
                return SteerAsync(id, steering, context, orchestrator, views, kinds, cancel);
            }).For(Role.Operator).AtRun();
        routes.MapPost(ApiRoutes.RunRetry, RetryAsync).For(Role.Operator).AtRunOrWhereItWas();

        void Steer(string route, RunSteering steering) => routes.MapPost(
            route,
            (string id, HttpContext context, IOrchestrator orchestrator, IViews views, CancellationToken cancel) =>
                SteerAsync(id, steering, context, orchestrator, views, kinds, cancel)).For(Role.Operator).AtRun();
    }

    private static async Task<IResult> StartAsync(
        HttpRequest request,
        HttpResponse response,
        IOrchestrator orchestrator,
        NodeStores stores,
        RunKinds kinds,
        RunForwarding forwarding,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        var body = StrictInput.BodyOf(request.HttpContext);
        var (kind, select, options) = RunRequestReader.Read(body, kinds);
        AuditTrail.Note(request.HttpContext, $"{kind.Name} of {select}");
        var now = time.GetUtcNow();
        var id = forwarding.RunOf(request) ?? await IdAsync(request, body, stores.Keys, now, RunIds.New(now));
        // Its actor's node makes the run: what a large one consists of is no message between nodes.
        if (await forwarding.ElsewhereAsync(id, request.HttpContext) is { } host)
            return forwarding.At(host, id, body);
        // A repeat of a request with its key finds the run that the first one started.
        var run = await FindAsync(id, orchestrator, stores.Views, cancel);
        if (run is null)
        {
            if (await RefusalAsync(kind, options, stores) is { } refusal) return refusal;
            run = await BeginAsync(id, kind, select, options, By(request.HttpContext), orchestrator, cancel);
        }
        return await StartedAsync(run, kind, options, stores, kinds, response);
    }

    private static async Task<IResult?> RefusalAsync(RunKind kind, RunOptions options, NodeStores stores) =>
        await kind.RefusalAsync(stores, options) is { } refusal
            ? Problems.Result(Problems.Conflict(refusal.Code, refusal.Reason, refusal.Remedy))
            : null;

    private static async Task<IResult> StartedAsync(
        RunSummary run, RunKind? kind, RunOptions options, NodeStores stores, RunKinds kinds, HttpResponse response)
    {
        response.Headers.Location = ApiRoutes.RunPath(run.Id);
        var warnings = kind is null ? [] : await kind.WarningsAsync(stores, options);
        return TypedResults.Json(
            run.ToApi(kinds, RoleOf(response.HttpContext)) with { Warnings = warnings.Count > 0 ? warnings : null },
            ApiJson.Default.Run,
            statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<RunSummary> BeginAsync(
        string id,
        RunKind kind,
        string select,
        RunOptions options,
        string by,
        IOrchestrator orchestrator,
        CancellationToken cancel
    )
    {
        var fleet = await orchestrator.ListVmsAsync(cancel);
        var selected = Selection.Of(fleet, select);
        if (selected.Count == 0)
            throw new ProblemException(
                Problems.BadRequest([$"select: {select} selects no VM"], "GET /v1/vms?select= shows what a selector selects."));
        var (plan, faults) = kind.Plan([.. fleet.Select(Identity)], [.. selected.Select(Identity)], options);
        if (plan is null)
            throw new ProblemException(
                Problems.BadRequest(faults, "Select the whole group, or none of it.") with { Code = ProblemCodes.GroupSplit });
        return (await orchestrator.StartRunAsync(id, kind.Name, select, options, plan, by, cancel)).Summary;
    }

    private static VmIdentity Identity(VmStatus vm) => new(vm.Id, vm.Uuid, vm.Labels, vm.Group) { Freeze = vm.Freeze };

    private static async Task<IResult> SteerAsync(
        string id,
        RunSteering steering,
        HttpContext context,
        IOrchestrator orchestrator,
        IViews views,
        RunKinds kinds,
        CancellationToken cancel
    )
    {
        if (await FindAsync(id, orchestrator, views, cancel) is not { } run) return Problems.Result(NoRun(id));
        if (run.EndedAt is not null)
            return Problems.Result(
                Problems.Conflict(
                    ProblemCodes.Conflict,
                    $"Run {id} has ended: it is {run.Phase.ToString().ToLowerInvariant()}.",
                    $"qgactl run retry {id} tries what did not succeed."
                )
            );
        if (run.Phase == RunPhase.Aborting && steering is RunSteering.Pause or RunSteering.Resume)
            return Problems.Result(
                Problems.Conflict(
                    ProblemCodes.Conflict,
                    $"Run {id} is being aborted.",
                    $"Wait for its end, then qgactl run retry {id}."
                )
            );
        return await orchestrator.SteerRunAsync(id, steering, By(context), cancel) is { } view
            ? TypedResults.Json(view.Summary.ToApi(kinds, RoleOf(context)), ApiJson.Default.Run)
            : Problems.Result(NoRun(id));
    }

    private static async Task<IResult> RetryAsync(
        string id,
        HttpRequest request,
        HttpResponse response,
        IOrchestrator orchestrator,
        NodeStores stores,
        RunKinds kinds,
        TimeProvider time,
        CancellationToken cancel
    )
    {
        AuditTrail.Note(request.HttpContext, $"retry of {id}");
        if (await FindAsync(id, orchestrator, stores.Views, cancel) is not { } run) return Problems.Result(NoRun(id));
        if (run.EndedAt is null)
            return Problems.Result(
                Problems.Conflict(
                    ProblemCodes.Conflict,
                    $"Run {id} has not ended.",
                    $"Wait for its end, or abort it: qgactl run abort {id}."
                )
            );
        if (run.Counts.Succeeded == run.Counts.Total)
            return Problems.Result(
                Problems.Conflict(
                    ProblemCodes.Conflict,
                    $"Every item of run {id} succeeded: there is nothing to try again.",
                    "Start a new run."
                )
            );
        var kind = kinds.Find(run.Kind);
        if (kind?.SecretsOf(run.Options) is { } secrets)
        {
            return Problems.Result(
                Problems.Conflict(
                    ProblemCodes.Conflict,
                    $"Run {id} had {secrets}, whose values are kept no longer than a run.",
                    "Start a new run with them, of the VMs in which it did not succeed."
                )
            );
        }
        var now = time.GetUtcNow();
        // What is retried is told by one actor to the other, however large: they live on one node.
        var next = await IdAsync(request, Encoding.UTF8.GetBytes($"retry {id}"), stores.Keys, now, RunIds.NewBeside(id, now));
        var retry = await FindAsync(next, orchestrator, stores.Views, cancel);
        if (retry is null)
        {
            if (kind is not null && await RefusalAsync(kind, run.Options, stores) is { } refusal) return refusal;
            retry = (await orchestrator.RetryRunAsync(id, next, By(request.HttpContext), cancel))?.Summary;
        }
        return retry is null
            ? Problems.Result(NoRun(id))
            : await StartedAsync(retry, kind, retry.Options, stores, kinds, response);
    }

    private static async Task<IResult> ListAsync(
        string? limit, string? cursor, HttpContext context, IViews views, RunKinds kinds, IAuditLog audit)
    {
        var page = await views.ListRunsAsync(Paging.Limit(limit), Paging.Time(cursor));
        return TypedResults.Json(
            new Page<Run>(
                [.. page.Items.Select(run => run.ToApi(kinds, RoleOf(context)) with { ItemColumns = null })],
                page.Next?.ToString()
            )
            {
                KeptFrom = await audit.KeptFromAsync(),
            },
            ApiJson.Default.PageRun
        );
    }

    private static async Task<IResult> ShowAsync(
        string id,
        HttpContext context,
        IOrchestrator orchestrator,
        IViews views,
        RunKinds kinds,
        CancellationToken cancel
    ) =>
        await FindAsync(id, orchestrator, views, cancel) is { } run
            ? TypedResults.Json(run.ToApi(kinds, RoleOf(context)), ApiJson.Default.Run)
            : Problems.Result(NoRun(id));

    private static async Task<IResult> ItemsAsync(
        string id,
        string? limit,
        string? cursor,
        HttpContext context,
        IOrchestrator orchestrator,
        IViews views,
        RunKinds kinds,
        CancellationToken cancel
    )
    {
        var (skip, most) = (Paging.Place(cursor), Paging.Limit(limit));
        if (await views.GetRunAsync(id) is { EndedAt: not null } ended)
        {
            var items = await views.ListItemsAsync(id, skip, most);
            return Items(
                [.. items.Select(item => item.ToApi(null, kinds.Find(ended.Kind), RoleOf(context)))], skip, ended.Counts.Total);
        }
        if (await orchestrator.GetRunAsync(id, cancel) is not { } view) return Problems.Result(NoRun(id));
        var kind = kinds.Find(view.Summary.Kind);
        var progress = view.Progress.ToDictionary(item => item.Index);
        return Items(
            [
                .. view
                    .Items.Skip(skip)
                    .Take(most)
                    .Select(item => item.ToApi(progress.GetValueOrDefault(item.Index), kind, RoleOf(context))),
            ],
            skip,
            view.Items.Count
        );
    }

    private static JsonHttpResult<Page<ItemStatus>> Items(IReadOnlyList<ItemStatus> items, int skip, int total)
    {
        var end = skip + items.Count;
        return TypedResults.Json(
            new Page<ItemStatus>(items, items.Count > 0 && end < total ? $"{end}" : null), ApiJson.Default.PageItemStatus);
    }

    /// <summary>The run as the views know it once it has ended, else as its actor does.</summary>
    internal static async Task<RunSummary?> FindAsync(
        string id, IOrchestrator orchestrator, IViews views, CancellationToken cancel)
    {
        var known = await views.GetRunAsync(id);
        if (known is { EndedAt: not null }) return known;
        try
        {
            return (await orchestrator.GetRunAsync(id, cancel))?.Summary ?? known;
        }
        catch (StoreException e) when (e.IsAway && known is not null)
        {
            // As it was last: the run waits for its journal.
            return known;
        }
    }

    private static async Task<string> IdAsync(
        HttpRequest request, ReadOnlyMemory<byte> body, IIdempotencyKeys keys, DateTimeOffset now, string fresh)
    {
        if (request.Headers[ApiRoutes.IdempotencyKeyHeader] is not [{ Length: > 0 } key]) return fresh;
        if (key.Length > 200)
            throw new ProblemException(
                Problems.BadRequest($"{ApiRoutes.IdempotencyKeyHeader}: longer than 200 characters.", "Send a UUID."));
        return await keys.ClaimAsync(key, Convert.ToHexStringLower(SHA256.HashData(body.Span)), fresh, now)
            ?? throw new ProblemException(
                Problems.Conflict(
                    ProblemCodes.Conflict,
                    $"This {ApiRoutes.IdempotencyKeyHeader} was used for another request.",
                    "Send a different key with each request."
                )
            );
    }

    private static bool Waits(string? wait) => wait switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw new ProblemException(
            Problems.BadRequest([$"wait: true or false is expected, not \"{PlainText.Of(wait)}\""], "Correct the query.")),
    };

    internal static Role RoleOf(HttpContext context) => BearerToken.CallerOf(context)!.Role;

    private static string By(HttpContext context) => BearerToken.CallerOf(context)!.Name;

    internal static Problem NoRun(string id) => Problems.NotFound($"There is no run {id}.", "GET /v1/runs lists them.");
}

using System.Text;
using System.Text.Json;
using QgaOrchestrator.Actors;
using QgaOrchestrator.Actors.Kinds;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Forwarding;
using QgaOrchestrator.Node.Http.Requests;
using QgaOrchestrator.Qemu.Wire;

namespace QgaOrchestrator.Node.Http;

/// <summary>/v1/runs/{id}/results: what the VMs of a run gave back, and each stream whole.</summary>
public static class ResultEndpoints
{
    private const int ReturnedBytes = 64 * 1024, MostNested = 48;

    public static void MapResults(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.RunResults, ListAsync).For(Role.Operator);
        routes.MapGet(ApiRoutes.RunResultStream, OpenAsync).For(Role.Operator);
    }

    private static async Task<IResult> ListAsync(
        string id,
        string? vm,
        string? limit,
        string? cursor,
        HttpContext context,
        IResults spool,
        ResultsElsewhere elsewhere,
        IOrchestrator orchestrator,
        IViews views,
        RunKinds kinds,
        CancellationToken cancel
    )
    {
        var (skip, most) = (Paging.Place(cursor), Paging.Limit(limit));
        var found = Known(id)
            ? spool.List(id).Where(result => vm is null || result.Vm == vm || $"{result.Host}/{result.Vm}" == vm)
            : [];
        var (others, notes) = Known(id) ? await elsewhere.FirstAsync(context, id, vm, skip + most + 1) : ([], []);
        var page = others.Count == 0
            ? [.. found.Skip(skip).Take(most + 1).Select(result => ToApi(id, result, spool))]
            : others.Concat(found.Take(skip + most + 1).Select(result => ToApi(id, result, spool)))
                .OrderBy(result => result.Index).Skip(skip).Take(most + 1).ToList();
        if (page.Count == 0 && (!Known(id) || await RunEndpoints.FindAsync(id, orchestrator, views, cancel) is null))
            return Problems.Result(RunEndpoints.NoRun(id));
        var more = page.Count > most;
        return TypedResults.Json(
            new Page<RunResult>([.. page.Take(most)], more ? $"{skip + most}" : null)
            {
                Notes = notes.Count > 0 ? [.. notes] : null,
                Columns = await ColumnsAsync(id, views, kinds),
            },
            ApiJson.Default.PageRunResult);
    }

    private static async Task<RunColumn[]?> ColumnsAsync(string id, IViews views, RunKinds kinds) =>
        await views.GetRunAsync(id) is { } run && kinds.Find(run.Kind) is { ResultColumns: { Count: > 0 } columns }
            ? [.. columns.Select(column => column.ToApi())]
            : null;

    private static async Task<IResult> OpenAsync(
        string id, int item, string stream, HttpContext context, IResults spool, ResultsElsewhere elsewhere, RunKinds kinds) =>
        Known(id)
        && kinds.All.SelectMany(kind => kind.ResultFiles).FirstOrDefault(file => file.Name == stream) is { } known
        && spool.Open(id, item, stream) is { } bytes
            ? TypedResults.Stream(bytes, known.MediaType)
            : (Known(id) ? await elsewhere.FindAsync(context) : null) ?? Problems.Result(
                Problems.NotFound(
                    $"Item {item} of run {id} has no {stream}.",
                    $"It was not captured, or is kept no more (7 days, 1 GiB a host). GET /v1/runs/{id}/results lists what "
                        + $"there is."
                )
            );

    /// <summary>A run's id is a name of ours; anything else would be a path.</summary>
    private static bool Known(string id) => id.Length > 0 && id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static RunResult ToApi(string run, ItemResult result, IResults spool) => new(
        result.Item, result.Vm, result.Host, result.Attempt, result.State?.ToString().ToLowerInvariant() ?? ItemStates.Running)
    {
        Reason = result.Reason,
        Remedy = result.Remedy,
        AskedAt = result.AskedAt,
        EndedAt = result.EndedAt,
        Pid = result.Pid,
        ExitCode = result.ExitCode,
        Signal = result.Signal,
        Values = result.Values,
        Return = Returned(run, result, spool),
        Streams = result.Streams.ToDictionary(
            stream => stream.Key,
            stream => new ResultStream(
                stream.Value.Bytes,
                stream.Value.Sha256,
                stream.Value.Truncated,
                Encoding.UTF8.GetString(Start(run, result, stream.Key, spool, ResultStream.TextBytes))
            )
        ),
    };

    private static JsonElement? Returned(string run, ItemResult result, IResults spool) =>
        result.Streams.GetValueOrDefault("return") is { Bytes: <= ReturnedBytes }
            && Start(run, result, "return", spool, ReturnedBytes) is { Length: > 0 } json
            ? Parsed(json)
            : null;

    /// <summary>One that is nested deeper than the page itself may be is in its stream alone. An earlier version kept what is no
    /// text.</summary>
    private static JsonElement? Parsed(byte[] json)
    {
        try
        {
            return JsonDocument.Parse(JsonText.Mended(json), new JsonDocumentOptions { MaxDepth = MostNested }).RootElement;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[] Start(string run, ItemResult result, string stream, IResults spool, int most)
    {
        using var bytes = spool.Open(run, result.Item, stream);
        if (bytes is null) return [];
        var start = new byte[Math.Min(most, bytes.Length)];
        bytes.ReadExactly(start);
        return start;
    }
}

using QgaOrchestrator.Actors;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;

namespace QgaOrchestrator.Node.Http;

/// <summary>/v1/vms: what the hosts report.</summary>
public static class VmEndpoints
{
    public static void MapVms(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.Vms, ListAsync).For(Role.Viewer);
        routes.MapGet(ApiRoutes.Vm, ShowAsync).For(Role.Viewer);
    }

    private static async Task<IResult> ListAsync(
        string? select, int? limit, string? cursor, IOrchestrator orchestrator, CancellationToken cancel)
    {
        var chosen = Selection.Of(await orchestrator.ListVmsAsync(cancel), select);
        var skip = Paging.Place(cursor);
        var page = chosen.Skip(skip).Take(Paging.Limit(limit)).Select(vm => vm.ToApi()).ToArray();
        var end = skip + page.Length;
        return TypedResults.Json(new Page<Vm>(page, end < chosen.Count ? $"{end}" : null), ApiJson.Default.PageVm);
    }

    private static async Task<IResult> ShowAsync(string vm, IOrchestrator orchestrator, CancellationToken cancel) =>
        TypedResults.Json((await orchestrator.FindAsync(vm, cancel)).ToApi(), ApiJson.Default.Vm);
}

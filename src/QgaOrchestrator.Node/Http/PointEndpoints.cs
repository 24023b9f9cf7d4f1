using QgaOrchestrator.Actors.Views;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;

namespace QgaOrchestrator.Node.Http;

/// <summary>/v1/recovery-points: the catalog.</summary>
public static class PointEndpoints
{
    public static void MapPoints(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.RecoveryPoints, ListAsync).For(Role.Viewer);
        routes.MapGet(ApiRoutes.RecoveryPoint, ShowAsync).For(Role.Viewer);
        routes.MapDelete(ApiRoutes.RecoveryPoint, Delete).For(Role.Admin);
    }

    private static IResult Delete(string id, HttpContext context)
    {
        AuditTrail.Note(context, id);
        return Problems.Result(Problems.NotAvailable($"Deleting {id}"));
    }

    private static async Task<IResult> ListAsync(string? vm, string? limit, string? cursor, IViews views)
    {
        var page = await views.ListPointsAsync(string.IsNullOrEmpty(vm) ? null : vm, Paging.Limit(limit), Paging.Time(cursor));
        return TypedResults.Json(
            new Page<RecoveryPoint>([.. page.Items.Select(point => point.ToApi())], page.Next?.ToString()), ApiJson.Default.PageRecoveryPoint);
    }

    private static async Task<IResult> ShowAsync(string id, IViews views) =>
        await views.GetPointAsync(id) is { } point
            ? TypedResults.Json(point.ToApi(), ApiJson.Default.RecoveryPoint)
            : Problems.Result(Problems.NotFound($"There is no recovery point {id}.", "GET /v1/recovery-points lists them."));
}

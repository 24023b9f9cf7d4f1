using QgaOrchestrator.Actors.Points;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Forwarding;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http;

/// <summary>/v1/recovery-points: the catalog.</summary>
public static class PointEndpoints
{
    public static void MapPoints(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.RecoveryPoints, ListAsync).For(Role.Viewer);
        routes.MapGet(ApiRoutes.RecoveryPoint, ShowAsync).For(Role.Viewer);
        routes.MapDelete(ApiRoutes.RecoveryPoint, DeleteAsync).For(Role.Admin).AtPoint();
    }

    private static async Task<IResult> DeleteAsync(
        string id, bool? missing, HttpContext context, PointRemoval removal, CancellationToken cancel)
    {
        AuditTrail.Note(context, id);
        switch (await removal.DeleteAsync(id, missing == true, cancel))
        {
            case PointDeletion.Deleted { Point: var point } deleted:
                AuditTrail.Note(context, new VmId(point.Host, point.Vm));
                AuditTrail.Note(
                    context,
                    $"{id}: {deleted.Removed.Count} files deleted, {deleted.Missing.Count} missing, {deleted.Left.Count} left"
                );
                return TypedResults.Json(
                    new DeletedPoint(
                        id,
                        $"{point.Host}/{point.Vm}",
                        point.Directory,
                        deleted.Removed,
                        deleted.Missing,
                        deleted.Left
                    ),
                    ApiJson.Default.DeletedPoint
                );
            case PointDeletion.Refused { Point: var point } refused:
                AuditTrail.Note(context, new VmId(point.Host, point.Vm));
                return Problems.Result(Problems.Conflict(ProblemCodes.Conflict, refused.Reason, refused.Remedy));
            default:
                return Problems.Result(NoPoint(id));
        }
    }

    private static async Task<IResult> ListAsync(string? vm, string? limit, string? cursor, IViews views)
    {
        var page = await views.ListPointsAsync(string.IsNullOrEmpty(vm) ? null : vm, Paging.Limit(limit), Paging.Time(cursor));
        return TypedResults.Json(
            new Page<Point>([.. page.Items.Select(point => point.ToApi())], page.Next?.ToString()),
            ApiJson.Default.PagePoint
        );
    }

    private static async Task<IResult> ShowAsync(string id, IViews views) =>
        await views.GetPointAsync(id) is { } point
            ? TypedResults.Json(point.ToApi(), ApiJson.Default.Point)
            : Problems.Result(NoPoint(id));

    internal static Problem NoPoint(string id) =>
        Problems.NotFound($"There is no recovery point {id}.", "GET /v1/recovery-points lists them: qgactl point list.");
}

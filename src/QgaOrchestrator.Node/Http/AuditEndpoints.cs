using System.Globalization;
using QgaOrchestrator.Actors.Audit;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;

namespace QgaOrchestrator.Node.Http;

/// <summary>/v1/audit: who changed what, newest first; /v1/audit/check computes the chain again.</summary>
public static class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.Audit, ListAsync).For(Role.Admin);
        routes.MapGet(ApiRoutes.AuditCheck, CheckAsync).For(Role.Admin);
    }

    private static async Task<IResult> ListAsync(int? limit, string? cursor, SqliteAudit audit)
    {
        var most = Paging.Limit(limit);
        var before = Paging.Place(cursor);
        var lines = await audit.ListAsync(most, before == 0 ? long.MaxValue : before);
        var next = lines.Count == most && lines[^1].Number > 1 ? lines[^1].Number.ToString(CultureInfo.InvariantCulture) : null;
        return TypedResults.Json(new Page<AuditRecord>([.. lines.Select(ToApi)], next), ApiJson.Default.PageAuditRecord);
    }

    private static async Task<IResult> CheckAsync(SqliteAudit audit)
    {
        var check = await audit.VerifyAsync();
        return TypedResults.Json(new AuditChain(check.Entries, check.Head, check.Broken), ApiJson.Default.AuditChain);
    }

    private static AuditRecord ToApi(AuditLine line) => new(
        line.Number, line.Hash, line.Entry.At, line.Entry.Who, line.Entry.From, line.Entry.What, line.Entry.Vm, line.Entry.Run,
        line.Entry.Host, line.Entry.Outcome, line.Entry.Code, line.Entry.Detail);
}

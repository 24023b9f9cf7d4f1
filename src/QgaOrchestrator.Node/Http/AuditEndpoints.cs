using System.Globalization;
using System.Text.RegularExpressions;
using QgaOrchestrator.Actors.Stores;
using QgaOrchestrator.Api;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http;

/// <summary>/v1/audit: who changed what, newest first. /v1/audit/check computes the chain again from the entries.</summary>
public static partial class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(ApiRoutes.Audit, ListAsync).For(Role.Admin);
        routes.MapGet(ApiRoutes.AuditCheck, CheckAsync).For(Role.Admin);
    }

    private static async Task<IResult> ListAsync(
        string? limit, string? cursor, string? vm, string? run, string? who, string? since, IAuditLog audit)
    {
        var most = Paging.Limit(limit);
        var before = Paging.Place(cursor);
        var lines = await audit.ListAsync(
            new AuditQuery(most, before == 0 ? long.MaxValue : before, Text(vm), Text(run), Text(who), Time(since)));
        var next = lines.Count == most && lines[^1].Number > 1 ? lines[^1].Number.ToString(CultureInfo.InvariantCulture) : null;
        return TypedResults.Json(
            new Page<AuditRecord>([.. lines.Select(ToApi)], next) { KeptFrom = await audit.KeptFromAsync() },
            ApiJson.Default.PageAuditRecord
        );
    }

    private static async Task<IResult> CheckAsync(string? head, IAuditLog audit)
    {
        if (Text(head) is { } noted && !Hash().IsMatch(noted))
            throw new ProblemException(
                Problems.BadRequest(["head: 64 hexadecimal digits are expected"], "Send the head that an earlier check returned.")
            );
        var check = await audit.VerifyAsync(Text(head)?.ToLowerInvariant());
        return TypedResults.Json(
            new AuditChain(check.Entries, check.Head, check.Broken, check.Noted)
            {
                First = check.First,
                KeptFrom = check.KeptFrom,
            },
            ApiJson.Default.AuditChain
        );
    }

    private static string? Text(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static DateTimeOffset? Time(string? text)
    {
        if (Text(text) is null) return null;
        return DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? at
            : throw new ProblemException(
                Problems.BadRequest(["since: a time such as 2027-01-31T00:00:00Z is expected"], "Correct the query."));
    }

    [GeneratedRegex(@"^[0-9A-Fa-f]{64}\z")]
    private static partial Regex Hash();

    private static AuditRecord ToApi(AuditLine line) => new(
        line.Number, line.Hash, line.Entry.At, line.Entry.Who, line.Entry.From, line.Entry.What, line.Entry.Vm, line.Entry.Run,
        line.Entry.Host, line.Entry.Outcome, line.Entry.Code, line.Entry.Detail);
}

using Microsoft.Net.Http.Headers;
using QgaOrchestrator.Actors.Points;
using QgaOrchestrator.Api;
using QgaOrchestrator.Core.Fleet;
using QgaOrchestrator.Core.Points;
using QgaOrchestrator.Node.Access;
using QgaOrchestrator.Node.Http.Audit;
using QgaOrchestrator.Node.Http.Errors;
using QgaOrchestrator.Node.Http.Forwarding;
using QgaOrchestrator.Node.Http.Requests;

namespace QgaOrchestrator.Node.Http;

/// <summary>/v1/recovery-points/{id}: what needs the point's files, and so is answered by the node of their host.</summary>
public static class PointFileEndpoints
{
    public static void MapPointFiles(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(ApiRoutes.RecoveryPointVerify, VerifyAsync).For(Role.Operator).AtPoint();
        routes.MapGet(ApiRoutes.RecoveryPointDisk, ReadAsync).For(Role.Operator).AuditedAsChange(detail: Named).AtPoint();
        routes.MapGet(ApiRoutes.RecoveryPointMachine, ReadMachineAsync).For(Role.Operator).AuditedAsChange(detail: NamedFile)
            .AtPoint();
    }

    private static async Task<IResult> VerifyAsync(
        string id, HttpContext context, PointReading reading, CancellationToken cancel)
    {
        AuditTrail.Note(context, id);
        if (await reading.CheckAsync(id, cancel) is not { } found) return Problems.Result(PointEndpoints.NoPoint(id));
        AuditTrail.Note(context, VmOf(found.Point));
        var bad = found.Images.Count(image => image.Wrong is not null) + found.Machine.Count(file => file.Wrong is not null);
        var all = found.Images.Count + found.Machine.Count;
        AuditTrail.Note(context, bad == 0 ? $"{id}: good" : $"{id}: {bad} of {all} files are not good");
        return TypedResults.Json(
            new PointCheck(
                id, found.Point.Host, bad == 0,
                [.. found.Images.Select(one => new ImageCheck(one.Index, one.File, one.Wrong is null, one.Wrong))])
            {
                Machine = [.. found.Machine.Select(one => new MachineFileCheck(one.File, one.Wrong is null, one.Wrong))],
            },
            ApiJson.Default.PointCheck);
    }

    /// <summary>The image file as it is, or a range of it. Its tag is its SHA-256, so that a part is never put to another
    /// image's.</summary>
    private static async Task<IResult> ReadAsync(string id, int index, HttpContext context, PointReading reading)
    {
        return Answer(context, await reading.OpenAsync(id, index), id, $"image of disk {index}", point => Problems.NotFound(
            $"The recovery point {id} has no disk {index}.",
            $"It has {string.Join(", ", point.Disks.Select(disk => disk.Index))}: qgactl point show {id}."));
    }

    /// <summary>A file of the machine, in the same way.</summary>
    private static async Task<IResult> ReadMachineAsync(string id, string file, HttpContext context, PointReading reading) =>
        Answer(context, await reading.OpenMachineAsync(id, file), id, $"file {file} of the machine", point => Problems.NotFound(
            $"The recovery point {id} has no file {file} of its machine.",
            point.Machine is { Files: { Count: > 0 } files }
                ? $"It has {string.Join(", ", files.Select(one => one.File))}: qgactl point show {id}."
                : "It has none: an earlier release made it, or the machine could not be described."));

    private static IResult Answer(
        HttpContext context, DiskReading reading, string id, string what, Func<RecoveryPoint, Problem> unknown)
    {
        switch (reading)
        {
            case DiskReading.Open { Point: var point, Sha256: var sha256, File: var file }:
                AuditTrail.Note(context, VmOf(point));
                context.Response.Headers.CacheControl = "no-store";
                return TypedResults.Stream(
                    file,
                    "application/octet-stream",
                    entityTag: new EntityTagHeaderValue($"\"{sha256}\""),
                    enableRangeProcessing: true);
            case DiskReading.NoSuchFile { Point: var point }:
                return Problems.Result(unknown(point));
            case DiskReading.Missing { Point: var point, Why: var why }:
                AuditTrail.Note(context, VmOf(point));
                return Problems.Result(Problems.Conflict(
                    ProblemCodes.Conflict,
                    $"The {what} of point {id} cannot be read on host {point.Host}: {why}.",
                    $"Mount its target there, and let the node's user read {point.Directory}."));
            default:
                return Problems.Result(PointEndpoints.NoPoint(id));
        }
    }

    private static string Named(HttpContext context) =>
        $"{context.GetRouteValue("id")} disk {context.GetRouteValue("index")}";

    private static string NamedFile(HttpContext context) =>
        $"{context.GetRouteValue("id")} machine {context.GetRouteValue("file")}";

    private static VmId VmOf(RecoveryPoint point) => new(point.Host, point.Vm);
}
